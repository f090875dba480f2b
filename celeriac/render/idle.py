"""Times at which a job was due and did not run, as they stand among its runs: one line for as many as went alike. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo

from rich.text import Text

from celeriac.client.more_shapes import Firing
from celeriac.render import moments, states
from celeriac.render.controls import shown

BECAME = ("queued", "skipped", "missed", "failed")
_STATES = {"queued": "QUEUED", "skipped": "SKIPPED", "missed": "SKIPPED", "failed": "FAILED"}

Due = tuple[str, Firing]
"""The name of a schedule, and a time at which it was due."""


def between(firings: Sequence[Due], runs: Sequence[str]) -> Iterator[tuple[int, list[Due]]]:
    """Yield firings that went alike with no run between them, newest first, each with how many runs are newer.

    `runs` are when these were launched, newest first.
    """
    launched = [datetime.fromisoformat(time) for time in runs]

    def alike(one: Due) -> tuple[int, str, str, str]:
        name, firing = one
        due = datetime.fromisoformat(firing["due"])
        return sum(time > due for time in launched), name, firing["became"], firing["reason"]

    found: dict[tuple[int, str, str, str], list[Due]] = {}
    for one in sorted(firings, key=lambda one: datetime.fromisoformat(one[1]["due"]), reverse=True):
        found.setdefault(alike(one), []).append(one)
    for (newer, *_), group in found.items():
        yield newer, group


def told(job: str, alike: Sequence[Due], zone: tzinfo | None = None) -> Text:
    """Return "`TestJob` at 2027-03-14 07:00:00  skipped: The run before had not ended.", or how often."""
    schedule, newest = alike[0]
    colour = states.colour(_STATES[newest["became"]])
    since = f" {len(alike)} times since {moments.at(alike[-1][1]['due'], zone)}" if len(alike) > 1 else ""
    by = f" (schedule {shown(schedule)})" if schedule != job else ""
    why = f": {shown(newest['reason'])}" if newest["reason"] else ""
    return Text.assemble(f"`{shown(job)}` at {moments.at(newest['due'], zone)}  ", (newest["became"], colour), since, by, why)
