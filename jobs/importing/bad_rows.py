"""Rows that cannot be taken: counted all, shown in part, left out only as far as their owner allows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from jobs.running import JobError

SHOWN = 100


class BadRows:
    """Takes bad rows in by their line numbers."""

    def __init__(self, allowed: int = 0) -> None:
        """Let up to `allowed` be left out."""
        self.allowed, self.count = allowed, 0
        self._shown: list[dict[str, Any]] = []

    def add(self, line: int, why: str) -> None:
        """Take one in."""
        self.count += 1
        if len(self._shown) < SHOWN:
            self._shown.append({"line": line, "error": why})

    @property
    def shown(self) -> Sequence[dict[str, Any]]:
        """The first of them, each with its line and what is wrong with it."""
        return self._shown

    @property
    def facts(self) -> dict[str, Any]:
        """How many there are, and the first of them."""
        return {"bad_row_count": self.count, "bad_rows": self._shown}

    def check(self) -> None:
        """Raise `JobError` if there are more than may be left out."""
        if self.count <= self.allowed:
            return
        first = self._shown[0]
        rows = f"{self.count:,} bad row{'s' if self.count > 1 else ''}"
        may = f", {self.allowed:,} may be left out" if self.allowed else ""
        message = f"{rows}{may}. The first is in line {first['line']}: {first['error']}. The table is as it was."
        raise JobError(message, permanent=True, **self.facts)
