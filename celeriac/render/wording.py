"""What is told of a task or an execution: JSON of the API in, styled text out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import tzinfo
from typing import Any

from rich.text import Text

from celeriac.render import moments, states
from celeriac.render.controls import shown

LONGEST = 300  # characters of an error or a reason; the log tells the rest

Told = Mapping[str, Any]


def task(told: Told, zone: tzinfo | None = None) -> Text:
    """Return "`Sync Data` at 2027-03-14 07:00:00  success in 1.0s", in the colour of its state."""
    last = told["end_time"] or told["start_time"]
    when = f" at {moments.at(last, zone)}" if last else ""
    text = Text(f" `{shown(told['name'])}`{when}", style=states.colour(told["state"]))
    return Text.assemble(text, "  ", outcome(told))


def outcome(told: Told) -> Text:
    """Return what became of a task so far, and why."""
    words = [states.word(told["state"])]
    took = moments.between(told["start_time"], told["end_time"])
    if took and told["state"] not in {"SKIPPED", states.CANCELLED}:
        words.append(f"in {took}")
    if told["attempt"] > 1:
        words.append(f"at attempt {told['attempt']}")
        if where := told.get("ran_on"):
            words.append(f"on {shown(where)}")
    why = _why(told)
    return Text(" ".join(words) + (f": {why}" if why and why != words[0] else ""))


def execution(told: Told, zone: tzinfo | None = None) -> Text:
    """Return "`TestJob` at 2027-03-14 07:00:00  failed in 3.2s (execution 12)"."""
    took = moments.between(told["started_at"], told["completed_at"])
    return Text.assemble(
        f"`{shown(told['name'])}` at {moments.at(told['launch_time'], zone)}  ",
        (states.word(told["state"]), states.colour(told["state"])),
        f" in {took}" if took else "",
        f" (execution {told['graph_id']}{_of(told)})" if told["graph_id"] else " (local)",
    )


def goes_on(told: Told) -> str:
    """Return what becomes of an execution that is not watched any more."""
    number = told["graph_id"]
    follow, cancel = f"`celeriac log --run {number} --follow`", f"`celeriac cancel --run {number}`"
    return f"The run goes on: {follow} shows what it says, {cancel} ends it."


def _of(told: Told) -> str:
    again = told.get("parent_run")
    return f", a rerun of {again}" if again else ""


def _why(told: Told) -> str:
    if told["state"] == states.FAILED and told["errors"]:
        return error(told["errors"])
    if told["state"] not in states.FINISHED and told.get("progress"):
        return _progress(told["progress"])
    return _short(told["reason"] or "")


def error(errors: Any) -> str:
    """Return the one line of an error that says most: of what a program wrote, its last."""
    if not isinstance(errors, Mapping):
        return _short(_plain(errors))
    said = [line for line in _plain(errors.get("error", "")).splitlines() if line.strip()]
    last = _short(said[-1]) if said else ""
    code = errors.get("exit_code")
    if code is None:
        return last
    told = f"exit code {code}"
    return told if last in {"", told} else f"{told}, {last}"


def _progress(told: Any) -> str:
    if not isinstance(told, Mapping):
        return _short(_plain(told))
    part = told.get("progress")
    share = f"{part:.0%}" if isinstance(part, int | float) and not isinstance(part, bool) else ""
    return _short(" ".join(filter(None, [share, _plain(told.get("message") or "")])))


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _short(text: str) -> str:
    text = shown(text.strip())
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
