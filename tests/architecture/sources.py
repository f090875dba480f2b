"""The product's own sources, parsed: what the rules of the architecture are held against."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGES = (
    "api",
    "celeriac",
    "config",
    "console",
    "dags",
    "examples",
    "jobs",
    "notifications",
    "outbound",
    "runs",
    "scheduler",
    "schedules",
)


def files() -> list[Path]:
    """Return every source file of the product but migrations, relative to the root."""
    found = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py") if "migrations" not in path.parts]
    assert len(found) > 30, "the sources are not where this looks for them"
    return sorted(path.relative_to(ROOT) for path in found)


def text(file: Path) -> str:
    """Return a file's text."""
    return (ROOT / file).read_text()


def nodes(file: Path) -> Iterator[ast.AST]:
    """Yield every node of a file's syntax tree."""
    yield from ast.walk(ast.parse(text(file)))
