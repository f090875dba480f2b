"""A job as a document: what differs from the defaults, and nothing that the service alone knows. Pure.

    name: Nightly
    tasks:
      - name: Fetch
        key: fetch
        driver: shell
        command: ./fetch.sh
      - name: Load
        key: load
        driver: shell
        command: ./load.sh
        after: [fetch]             # or {fetch: done}, for another condition than success
    schedules:
      - {name: nightly, cron: 30 2 * * *, timezone: Europe/Berlin}

In place of `after` a document may have `edges`, as the API takes them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from celeriac.task import DEFAULTS

JOB: dict[str, Any] = {
    "name": None,
    "project": None,
    "execution_key": "default",
    "description": "",
    "on_failure": "skip",
    "max_parallel": None,
    "params_schema": None,
    "tasks": [],
    "schedules": [],
}
TASK: dict[str, Any] = {
    "name": None,
    "key": None,
    **DEFAULTS,
    "after": {},
}
SCHEDULE: dict[str, Any] = {
    "name": None,
    "cron": None,
    "interval": None,
    "at": None,
    "on_start": False,
    "timezone": "UTC",
    "start": None,
    "end": None,
    "params": {},
    "enabled": True,
    "jitter": 0,
    "overlap": "skip",
    "catch_up": "one",
    "catch_up_window": None,
    "dst": "debian",
    "exclude_dates": [],
}
SUCCESS = "success"
Document = dict[str, Any]


def document(graph: Mapping[str, Any], schedules: Iterable[Mapping[str, Any]], project: str | None = None) -> Document:
    """Return a graph of the API and its schedules as a whole document: every field, defaults too."""
    keys = {task["task_id"]: task["key"] for task in graph["tasks"]}
    after: dict[str, dict[str, str]] = {key: {} for key in keys.values()}
    for edge in graph["edges"]:
        after[keys[edge["task_to"]]][keys[edge["task_from"]]] = edge["condition"]
    tasks = [{**_of(task, TASK), "after": after[task["key"]]} for task in graph["tasks"]]
    times = sorted((_of(one, SCHEDULE) for one in schedules), key=lambda one: one["name"])
    return {**_of(graph, JOB), "project": project, "tasks": tasks, "schedules": times}


def brief(whole: Document) -> Document:
    """Return a whole document without what is at its default: how it is written, and compared."""
    told = _differing(whole, JOB)
    if "tasks" in told:
        told["tasks"] = [_brief_task(task) for task in told["tasks"]]
    if "schedules" in told:
        told["schedules"] = [_differing(schedule, SCHEDULE) for schedule in told["schedules"]]
    return told


def like(whole: Document, example: Document) -> Document:
    """Return a document with its tasks and schedules in the order of another, for order tells nothing."""
    places = {key: place for part in ("tasks", "schedules") for place, key in enumerate(map(_key, example[part]))}

    def place(one: Mapping[str, Any]) -> tuple[int, str]:
        return places.get(_key(one), len(places)), _key(one)

    return {**whole, **{part: sorted(whole[part], key=place) for part in ("tasks", "schedules")}}


def graph_fields(whole: Document) -> dict[str, Any]:
    """Return a whole document as the API takes a graph; its project goes by id, and is not among them."""
    fields = {name: value for name, value in whole.items() if name not in {"project", "schedules", "tasks"}}
    return {
        **fields,
        "tasks": [{name: value for name, value in task.items() if name != "after"} for task in whole["tasks"]],
        "edges": [
            {"task_from": parent, "task_to": task["key"], "condition": condition}
            for task in whole["tasks"]
            for parent, condition in sorted(task["after"].items())
        ],
    }


def changed_fields(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a schedule that have to be told for it to change so."""
    return {name: value for name, value in after.items() if value != before[name]}


def _of(told: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _plain(told.get(name, default)) for name, default in defaults.items()}


def _plain(value: Any) -> Any:
    """Return a whole number as such: 5 seconds are not written 5.0."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _differing(told: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    return {name: told[name] for name, default in defaults.items() if told[name] != default}


def _brief_task(task: Mapping[str, Any]) -> dict[str, Any]:
    told = _differing(task, TASK)
    if "after" in told:
        told["after"] = _brief_after(told["after"])
    return told


def _brief_after(after: Mapping[str, str]) -> Sequence[str] | Mapping[str, str]:
    ordered = dict(sorted(after.items()))
    return list(ordered) if set(ordered.values()) == {SUCCESS} else ordered


def _key(one: Mapping[str, Any]) -> str:
    return str(one.get("key") or one["name"])
