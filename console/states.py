"""How each state looks: a colour and a shape of the stylesheet, and a word, so that no state is told by its colour alone."""

from __future__ import annotations

from typing import NamedTuple


class Look(NamedTuple):
    """`name` is that of a shape in `shapes.html` and of a colour in `colours.css`."""

    name: str
    word: str


NEVER = Look("never", "Never run")

_OF_RUNS = ("PENDING", "QUEUED", "RUNNING", "WAITING", "SUCCESS", "FAILED", "SKIPPED", "CANCELLED")
_LOOKS: dict[str, Look] = {
    **{state: Look(state.lower(), state.capitalize()) for state in _OF_RUNS},
    # Attempts.
    "lost": Look("cancelled", "Worker lost"),
    # Nodes.
    "idle": Look("pending", "Idle"),
    "running": Look("running", "Running"),
    "gone": Look("failed", "Gone"),
    # Jobs.
    "update": NEVER,
    "pending": Look("pending", "Pending"),
    "load": Look("running", "At work"),
    "error": Look("failed", "Failed"),
    "done": Look("success", "Done"),
    # Schedules, and what became of the times at which they were due.
    "active": Look("queued", "Active"),
    "paused": Look("cancelled", "Paused"),
    "ended": Look("never", "Ended"),
    "coming": Look("pending", "To come"),
    "launched": Look("never", "Launched"),
    "queued": Look("queued", "Queued"),
    "skipped": Look("skipped", "Skipped"),
    "missed": Look("cancelled", "Missed"),
    "failed": Look("failed", "Not launched"),
}


def look(state: str | None) -> Look:
    """Return how a state of a run, a node or a job looks; None is what has never run."""
    return _LOOKS.get(state, Look("never", state)) if state else NEVER
