"""How a service is written: what runs, and how it is known to be ready. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from dags import drivers
from dags.errors import InvalidTask
from scheduler.templating import templates

PROCESS = ("args", "env", "cwd")
CONTAINER = "docker"
KEYS = frozenset({"driver", "command", "ready", CONTAINER, *PROCESS})
CHECK_KEYS = frozenset({"name", "driver", "command", "timeout", CONTAINER, *PROCESS})
NUMBERS = ("retries", "interval", "timeout")
IN_COMMANDS = frozenset({"nodes"})  # what becomes part of a command line is nothing that a user may fill in
IN_CONFIGS = templates.NAMES | IN_COMMANDS


def check(told: Mapping[str, Any], *, kinds: Collection[str]) -> None:
    """Raise `InvalidTask` unless these are the configs of a service; `kinds` are the drivers that it may have."""
    _check_process(told, "", kinds)
    ready = told.get("ready", {})
    if not isinstance(ready, Mapping) or not isinstance(ready.get("tasks", []), list):
        raise _invalid("ready must be an object with a list of tasks.")
    _check_keys(ready, {"tasks", *NUMBERS}, "ready")
    for name in NUMBERS:
        _check_number(ready.get(name, 0), f"ready.{name}", whole=name == "retries")
    for index, task in enumerate(ready.get("tasks", [])):
        path = f"ready.tasks[{index}]"
        if not isinstance(task, Mapping):
            raise _invalid(f"{path} must be an object.")
        _check_keys(task, CHECK_KEYS, path)
        _check_number(task.get("timeout", 0), f"{path}.timeout")
        _check_process(task, f"{path}.", kinds)


def process(told: Mapping[str, Any]) -> dict[str, Any]:
    """Return the configs of one process, as its own driver knows them."""
    return {**told.get(CONTAINER, {}), **{key: told[key] for key in PROCESS if key in told}}


def _check_process(told: Mapping[str, Any], path: str, kinds: Collection[str]) -> None:
    driver, command = str(told.get("driver")), told.get("command", "")
    if driver not in kinds:
        raise _invalid(f"{path}driver must be one of {', '.join(kinds)}.")
    if not isinstance(command, str):
        raise _invalid(f"{path}command must be text.")
    if not isinstance(told.get(CONTAINER, {}), Mapping):
        raise _invalid(f"{path}{CONTAINER} must be an object.")
    if driver == CONTAINER and told.get(CONTAINER, {}).get("action", "run") != "run":
        raise _invalid(f"{path}{CONTAINER}.action must be run: what only pulls serves nobody.")
    try:
        templates.check({"command": command}, names=IN_COMMANDS)
        templates.check(process(told), names=IN_CONFIGS)
        drivers.check(driver, command, _without_values(process(told)))
    except InvalidTask as error:
        raise _invalid(f"{path}{error.message}") from None


def _without_values(configs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the configs without what may hold templates: graphs may name less in theirs, and their drivers would object."""
    plain = dict(configs)
    if isinstance(configs.get("args"), list):
        plain["args"] = []
    if isinstance(configs.get("env"), dict):
        plain["env"] = dict.fromkeys(configs["env"])
    return plain


def _check_keys(told: Mapping[str, Any], known: Collection[str], path: str) -> None:
    unknown = set(told).difference(known)
    if unknown:
        raise _invalid(f"{path}: unknown key {min(unknown)!r}; there are {', '.join(sorted(known))}.")


def _check_number(value: Any, path: str, *, whole: bool = False) -> None:
    if isinstance(value, bool) or not isinstance(value, int if whole else int | float) or (value < 0 and not whole):
        raise _invalid(f"{path} must be a {'whole number' if whole else 'number of seconds'}.")


def _invalid(message: str) -> InvalidTask:
    return InvalidTask(message, field="configs")
