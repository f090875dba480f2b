"""What is said: the JSON of a webhook, the subject and the text of a mail. Pure.

Names and outputs are users' text: in a subject they are one line, in a mail's text they are indented or quoted, never HTML.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from notifications.rules import TEST, TYPES, Event

LONGEST_SUBJECT = 150
LONGEST_ERROR = 500
MOST_FAILURES = 10

_SAID = {
    Event.FAILURE.value: "failed",
    Event.SUCCESS.value: "succeeded",
    Event.RECOVERY.value: "succeeded again",
    Event.LATE.value: "has not started in time",
    Event.SLOW.value: "takes longer than usual",
    TEST: "is only a test",
}
_CONTROL = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]+")


def payload(
    event: str, facts: Mapping[str, Any], *, names: Mapping[str, str | None], failures: Sequence[Mapping[str, Any]], url: str
) -> dict[str, Any]:
    """Return what a webhook is sent.

    `facts` as the outbox wrote them, `names` of `project`, `graph` and `notification`; `failures`: `{key, state, error}` of
    tasks; `url` leads to the execution.
    """
    execution = {
        "id": facts.get("execution"),
        "name": facts.get("name"),
        "state": facts.get("state"),
        "reason": facts.get("reason"),
        "trigger": facts.get("trigger"),
        **{name: _utc(facts.get(name)) for name in ("scheduled_for", "created_at", "started_at", "completed_at")},
        "url": url,
    }
    return {
        "type": TYPES[event],
        "timestamp": _utc(facts.get("at")),
        "data": {
            "event": event,
            "notification": names.get("notification"),
            "project": {"id": facts.get("project"), "name": names.get("project")},
            "graph": {"id": facts.get("graph"), "name": names.get("graph")} if facts.get("graph") else None,
            "execution": execution if facts.get("execution") else None,
            "failures": list(failures),
            "usual_seconds": facts.get("usual_seconds"),
        },
    }


def failure(key: str, errors: Any, reason: str | None) -> dict[str, str]:
    """Return what is told of a task that failed."""
    said = errors.get("error") if isinstance(errors, Mapping) else errors
    return {"key": key, "error": str(said or reason or "")[:LONGEST_ERROR]}


def subject(told: Mapping[str, Any]) -> str:
    """Return the subject of a mail: one line, whatever the names hold."""
    data = told["data"]
    run = data["execution"]
    what = f"{run['name']} #{run['id']}" if run else f"Notification {data['notification']}"
    line = one_line(f"[{data['project']['name']}] {what} {_SAID[data['event']]}")
    return line if len(line) <= LONGEST_SUBJECT else f"{line[: LONGEST_SUBJECT - 1]}…"


def text(told: Mapping[str, Any]) -> str:
    """Return the text of a mail."""
    data = told["data"]
    run = data["execution"]
    if run is None:
        return f"This is a test of the notification {one_line(data['notification'])}. Nothing has happened.\n"
    facts = {
        "Project": data["project"]["name"],
        "Graph": (data["graph"] or {}).get("name"),
        "State": run["state"],
        "Reason": run["reason"],
        "Scheduled for": run["scheduled_for"],
        "Started": run["started_at"],
        "Ended": run["completed_at"],
        "Usually takes": f"{data['usual_seconds']:.0f} s" if data["usual_seconds"] else None,
    }
    lines = [f"{one_line(run['name'])} #{run['id']} {_SAID[data['event']]}.", ""]
    lines += [f"{name}: {one_line(value)}" for name, value in facts.items() if value]
    for one in data["failures"]:
        lines += ["", f"{one_line(one['key'])}:", *(f"    {line}" for line in one["error"].splitlines())]
    return "\n".join([*lines, "", run["url"], "", f"Sent by the notification {one_line(data['notification'])}.", ""])


def one_line(value: Any) -> str:
    """Return text without line breaks and other characters that would be more than text."""
    return _CONTROL.sub(" ", str(value)).strip()


def _utc(moment: str | None) -> str | None:
    """Return PostgreSQL's spelling of a time in UTC as the API spells it."""
    return re.sub(r"\+00:00$", "Z", moment) if moment else None
