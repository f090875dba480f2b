"""The colours of states: green success, red failed, blue running, yellow pending, cyan skipped, magenta cancelled."""

from __future__ import annotations

SUCCESS, FAILED, CANCELLED = "SUCCESS", "FAILED", "CANCELLED"
FINISHED = frozenset({SUCCESS, FAILED, "SKIPPED", CANCELLED})  # of tasks, and of executions
COLOURS = {
    "PENDING": "yellow",
    "QUEUED": "yellow",
    "RUNNING": "blue",
    "WAITING": "blue",
    SUCCESS: "green",
    FAILED: "red",
    "SKIPPED": "cyan",
    CANCELLED: "magenta",
}


def colour(state: str | None) -> str:
    """Return the style of a state; of one that is not known, none."""
    return f"bold {COLOURS[state]}" if state in COLOURS else ""


def word(state: str | None) -> str:
    """Return a state as it stands in a sentence."""
    return state.lower() if state else "never run"
