"""The tree of a run on a terminal, redrawn as it moves; of one too large for the screen, what moves now."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from celeriac.render import logs, moments, states, wording
from celeriac.render.lines import Line, fitted

PACE = 8  # redraws in a second
KEPT = 3  # lines of the screen that stay free


class Moving(Protocol):
    """A run that moves: an execution in the API's shape, as it stands at this moment."""

    @property
    def execution(self) -> Mapping[str, Any]: ...

    def counts(self) -> Counter[str]:
        """Return how many tasks are in each state."""


class Living:
    """Shows a picture until it is left, and then takes it away: what is final is printed in its place."""

    def __init__(self, console: Console, picture: Moving) -> None:
        self._picture = picture
        self._began = time.monotonic()
        self._spinner = Spinner("dots", style=states.colour("RUNNING"))
        self._live = Live(self, console=console, refresh_per_second=PACE, transient=True)

    def __enter__(self) -> Living:
        self._live.start()
        return self

    def __exit__(self, *args: object) -> None:
        self._live.stop()

    def moved(self, task: dict[str, Any]) -> None:
        """Do nothing: the next redraw shows it."""

    waits = moved

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the tree as it stands now, and what is done of it."""
        height = max((options.height or console.height) - KEPT, KEPT)
        whole = self._lines(logs.run(self._picture.execution), console, height) if self._may_fit(height) else None
        yield from whole if whole is not None else self._moving(console, height)
        self._spinner.update(text=self._done())
        yield self._spinner

    def _may_fit(self, height: int) -> bool:
        return len(self._picture.execution["tasks"]) < height

    def _lines(self, lines: Iterator[Line], console: Console, height: int) -> list[Text] | None:
        """Return the lines as they fit the width; None where they are more than the screen is high."""
        found: list[Text] = []
        for line in lines:
            found += fitted(line, console, console.width)
            if len(found) > height:
                return None
        return found

    def _moving(self, console: Console, height: int) -> Iterator[Text]:
        """Yield what runs, and what failed, as many as there is room for."""
        yield wording.execution(self._picture.execution)
        tasks = self._picture.execution["tasks"]
        told = [task for wanted in ("RUNNING", "WAITING", states.FAILED) for task in tasks if task["state"] == wanted]
        for task in told[: height - 2]:
            text = wording.task(task)
            text.truncate(console.width, overflow="ellipsis")
            yield text
        if len(told) > height - 2:
            yield Text(f" … and {len(told) - height + 2} more")

    def _done(self) -> Text:
        counts = self._picture.counts()
        told = [(f"{counts[state]} {states.word(state)}", states.colour(state)) for state in states.COLOURS if counts[state]]
        text = Text(f"{moments.lasting(time.monotonic() - self._began)}  ")
        return text.append_text(Text(", ").join(Text(words, style=style) for words, style in told))
