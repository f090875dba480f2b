"""Notebooks: their code cells, run one after the other as a script would be. Needs nothing of Jupyter."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from types import CodeType
from typing import Any

from celeriac.cli.refusals import Refused

OF_PYTHON = ("%%time", "%%timeit", "%%capture", "%%prun")  # what stands below these is Python
_MAGIC = re.compile(r"^(\s*)[%!].*$", re.MULTILINE)


def run(file: Path) -> None:
    """Run the code cells of a notebook; lines that are for Jupyter or the shell are left out."""
    names: dict[str, Any] = {"__name__": "__main__", "__file__": str(file)}
    for number, source in cells(file):
        exec(_compiled(source, f"{file}[cell {number}]"), names)  # noqa: S102  # running it is what was asked for


def cells(file: Path) -> Iterator[tuple[int, str]]:
    """Yield the code cells with their numbers, from 1 on, those of other languages left out."""
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
        every = told["cells"] if "cells" in told else [cell for sheet in told["worksheets"] for cell in sheet["cells"]]
        found = [_source(cell) for cell in every if cell["cell_type"] == "code"]
    except (ValueError, KeyError, TypeError):
        raise Refused(f"{file} is no notebook.") from None
    for number, source in enumerate(found, 1):
        if not source.startswith("%%") or source.startswith(OF_PYTHON):
            yield number, source


def _source(cell: dict[str, Any]) -> str:
    told = cell["source"] if "source" in cell else cell["input"]
    return told if isinstance(told, str) else "".join(told)


def _compiled(source: str, name: str) -> CodeType:
    try:
        return compile(source, name, "exec")
    except SyntaxError:
        return compile(_MAGIC.sub(r"\1pass", source), name, "exec")
