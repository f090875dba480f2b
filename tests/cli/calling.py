"""Calling the command in this process, as a shell would: arguments in, streams and an exit code out."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest import mock

from celeriac.cli import main


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a call came to."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        """Return the lines of stdout."""
        return self.out.splitlines()

    @property
    def json(self) -> Any:
        """Return stdout as JSON."""
        return json.loads(self.out)


def call(*arguments: object, stdin: str = "") -> Said:
    """Call `celeriac` with these arguments; there is no terminal."""
    with _streams(stdin) as (out, err), mock.patch.object(sys, "argv", ["celeriac", *map(str, arguments)]):
        try:
            main()
            code = 0
        except SystemExit as leaving:
            code = leaving.code if isinstance(leaving.code, int) else 0
        out.flush()
        err.flush()
        return Said(code=code, out=out.buffer.getvalue().decode(), err=err.buffer.getvalue().decode())  # type: ignore[attr-defined]


def done(*arguments: object, stdin: str = "") -> Said:
    """Call, and hold that it succeeded."""
    said = call(*arguments, stdin=stdin)
    assert said.code == 0, f"exit code {said.code}: {said.err or said.out}"
    return said


def refused(*arguments: object, code: int = 2, stdin: str = "") -> str:
    """Call, and hold that it was refused with one clear line; return it."""
    said = call(*arguments, stdin=stdin)
    assert said.code == code, f"exit code {said.code}: {said.err or said.out}"
    (line,) = said.err.splitlines()
    return line.removeprefix("Error: ")


@contextmanager
def _streams(stdin: str) -> Iterator[tuple[io.TextIOWrapper, io.TextIOWrapper]]:
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    with (
        mock.patch.object(sys, "stdout", out),
        mock.patch.object(sys, "stderr", err),
        mock.patch.object(sys, "stdin", io.StringIO(stdin)),
    ):
        yield out, err
