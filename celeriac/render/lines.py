"""Lines on a console: wrapped below their guides where there is a screen, whole and plain where there is none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rich.console import Console
from rich.text import Text

ROOM = 32  # columns that guides leave to what they lead to
_ASCII = str.maketrans("├└│─…", "|`|-~")


@dataclass(frozen=True)
class Line:
    """Text, and the guides before it: before its first line, and before those that it is wrapped into."""

    text: Text
    guides: str = ""
    below: str = ""
    depth: int = 0


def show(console: Console, lines: Iterable[Line]) -> None:
    """Print the lines as they come."""
    width = console.width if console.is_terminal else None
    for line in lines:
        for text in fitted(line, console, width):
            console.print(text, soft_wrap=True, highlight=False)


def fitted(line: Line, console: Console, width: int | None) -> Iterator[Text]:
    """Yield the line in pieces of at most `width` columns; without a width, whole."""
    if width is None:
        yield _led(line.guides, line.text, console)
        return
    room = min(ROOM, max(width // 2, 1))
    guides, below = (_cut(guides, line.depth, width - room) for guides in (line.guides, line.below))
    for place, piece in enumerate(line.text.wrap(console, max(width - len(guides), 1))):
        piece.rstrip()
        yield _led(below if place else guides, piece, console)


def _led(guides: str, text: Text, console: Console) -> Text:
    if console.options.ascii_only:
        guides = guides.translate(_ASCII)
    return Text.assemble(guides, text)


def _cut(guides: str, depth: int, room: int) -> str:
    """Return the guides nearest to the text, and how deep it stands, where all of them would leave it no room."""
    if len(guides) <= room:
        return guides
    told = f"…{depth} "
    kept = max(room - len(told), 4)
    return told + guides[-kept:]
