"""Documents as people write them, checked and made whole. What only the service can judge, it judges. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from difflib import get_close_matches
from typing import Any

from celeriac.declaring.documents import JOB, SCHEDULE, SUCCESS, TASK, Document
from celeriac.definition import slug
from celeriac.errors import CeleriacError

DRIVERS = {0: "offline", 1: "python", 2: "shell"}  # the seed's numbers


class BadDocument(CeleriacError):
    """A document does not say what a job is; the message says where it goes wrong."""


def whole(told: Any) -> Document:
    """Return a written document with every field told; raise `BadDocument`."""
    job = _checked(told, {**JOB, "edges": []}, "")
    tasks = [_task(task, f"tasks[{place}]") for place, task in enumerate(_list(job["tasks"], "tasks"))]
    _once([task["key"] for task in tasks], "tasks have the key")
    _add_edges(tasks, _list(job.pop("edges"), "edges"))
    _check_parents(tasks)
    schedules = [_schedule(one, job, f"schedules[{place}]") for place, one in enumerate(_list(job["schedules"], "schedules"))]
    _once([one["name"] for one in schedules], "schedules are named")
    return {**job, "tasks": tasks, "schedules": sorted(schedules, key=lambda one: str(one["name"]))}


def _task(told: Any, path: str) -> Document:
    task = _checked(told, {**TASK, "is_py_func": None}, path)
    task["key"] = task["key"] or slug(task["name"])
    task["after"] = _after(task["after"], f"{path}.after")
    number = task.pop("is_py_func")
    if number is not None and "driver" not in told:
        task["driver"] = DRIVERS.get(number, number)
    return task


def _after(told: Any, path: str) -> dict[str, str]:
    """Return what a task waits for: from a key, a list of keys, or conditions by key."""
    parts = [told] if isinstance(told, str | Mapping) else _list(told, path)
    found: dict[str, str] = {}
    for part in parts:
        if isinstance(part, str):
            found[part] = SUCCESS
        elif isinstance(part, Mapping):
            found.update(part)
        else:
            raise BadDocument(f"{path}: say keys of tasks, or conditions by key, not {part!r}.")
    return found


def _add_edges(tasks: Sequence[Document], edges: Sequence[Any]) -> None:
    by_key = {task["key"]: task for task in tasks}
    for place, told in enumerate(edges):
        edge = _checked(told, {"task_from": None, "task_to": None, "condition": SUCCESS}, f"edges[{place}]", "task_to")
        if edge["task_to"] not in by_key:
            raise BadDocument(f"edges[{place}].task_to: there is no task with the key {edge['task_to']!r}.")
        by_key[edge["task_to"]]["after"][edge["task_from"]] = edge["condition"]


def _check_parents(tasks: Sequence[Document]) -> None:
    keys = [task["key"] for task in tasks]
    for place, task in enumerate(tasks):
        for parent in task["after"]:
            if parent not in keys:
                near = get_close_matches(str(parent), keys, n=1)
                hint = f"; did you mean {near[0]}?" if near else "."
                raise BadDocument(f"tasks[{place}].after: there is no task with the key {_short(parent)}{hint}")


def _schedule(told: Any, job: Document, path: str) -> Document:
    given = {"name": job["name"], **told} if isinstance(told, Mapping) else told
    schedule = _checked(given, SCHEDULE, path)
    return {name: _moment(value) if name in {"at", "start", "end"} else value for name, value in schedule.items()} | {
        "exclude_dates": [str(day) for day in schedule["exclude_dates"] or ()]  # YAML reads 2027-12-24 as a date
    }


def _moment(value: Any) -> Any:
    """Return a time as the service writes it: YAML reads some as times, others stay text."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return value
    if isinstance(value, datetime):
        return value.replace(tzinfo=value.tzinfo or UTC).astimezone(UTC).isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else value


def _checked(told: Any, defaults: Mapping[str, Any], path: str, needed: str = "name") -> Document:
    """Return a mapping with its defaults; raise `BadDocument` for what is none, or holds what nobody knows."""
    where = f"{path}: " if path else ""
    if not isinstance(told, Mapping):
        raise BadDocument(f"{where}a mapping is needed here, not {_short(told)}.")
    for name in told:
        if name not in defaults:
            near = get_close_matches(str(name), list(defaults), n=1)
            raise BadDocument(f"{where}unknown key {_short(name)}{f'; did you mean {near[0]}?' if near else '.'}")
    if not told.get(needed) or not isinstance(told[needed], str):
        raise BadDocument(f"{where}`{needed}` is needed, as text.")
    return {name: told.get(name, default) for name, default in defaults.items()}


def _list(told: Any, path: str) -> list[Any]:
    if told is None or told == {}:
        return []
    if not isinstance(told, list):
        raise BadDocument(f"{path}: a list is needed here, not {_short(told)}.")
    return told


def _once(names: Sequence[Any], what: str) -> None:
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise BadDocument(f"Two {what} {twice[0]!r}.")


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}…"  # noqa: PLR2004
