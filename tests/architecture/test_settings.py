"""Every variable that the settings read is told in docs/operations.md."""

from __future__ import annotations

import re
from pathlib import Path

from tests.architecture import sources

READ = re.compile(r'env\.\w+\(\s*"([A-Z_]+)"')


def test_every_variable_is_documented() -> None:
    read = set(READ.findall(sources.text(Path("config/settings.py"))))
    told = set(re.findall(r"`([A-Z_]+)`", (sources.ROOT / "docs" / "operations.md").read_text()))
    assert "CELERIAC_LEASE" in read
    assert sorted(read - told) == []
