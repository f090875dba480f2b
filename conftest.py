"""Start the embedded servers before Django reads its settings."""

import os
from pathlib import Path

os.environ.setdefault("CELERIAC_HOME", str(Path(__file__).parent / "var" / "test"))

from config import embedded  # noqa: E402

if embedded.wanted():
    embedded.start()
