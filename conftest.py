"""Start the embedded servers before Django reads their addresses, in a home of the tests' own; stop what was started."""

import os
from pathlib import Path

os.environ.setdefault("CELERIAC_OPEN_PLANNING", "0")  # the tests of access ask as strangers; those of planning open it
os.environ.setdefault("CELERIAC_HOME", str(Path(__file__).parent / "var" / "test"))

from config import embedded

started_here = embedded.start()


def pytest_unconfigure() -> None:
    """Leave no server behind that was not there before."""
    if started_here:
        embedded.stop()
