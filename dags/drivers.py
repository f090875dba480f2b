"""What a task may ask for: the drivers known to this service, and how each checks its command and configs.

The engine registers its drivers at start (`scheduler/apps.py`), so that graphs can be validated without knowing it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from dags.errors import InvalidTask

NUMBERS = {0: "offline", 1: "python", 2: "shell"}  # the seed's is_py_func
JOB = "job"  # the driver whose tasks are runs of Jobs
SYSTEM = 2  # what a driver without a number of its own reads as
_KINDS = {"args": (list, "a list"), "kwargs": (dict, "an object"), "env": (dict, "an object"), "cwd": (str, "text")}


def _accept(command: str, configs: Mapping[str, Any]) -> None:
    """Accept any command and configs."""


@dataclass(frozen=True, kw_only=True)
class DriverSpec:
    """How tasks of one driver are written.

    `check(command, configs)` raises `InvalidTask` naming the field at fault; `configs_keys` are the keys that
    `configs` may have. With `commands` set, its tasks run what they are told as a process: writing them takes a right of
    its own. With `templated` set, the command may hold templates as configs may. With `compiled` set, its tasks are made by
    the service alone, of job specs: no graph that is written may use it.
    """

    name: str
    configs_keys: frozenset[str] = frozenset({"args", "kwargs"})
    needs_command: bool = True
    commands: bool = False
    templated: bool = False
    compiled: bool = False
    check: Callable[[str, Mapping[str, Any]], None] = _accept


_specs: dict[str, DriverSpec] = {}


def register(spec: DriverSpec) -> None:
    """Make a driver known; registering it again replaces it."""
    _specs[spec.name] = spec


def names() -> list[str]:
    """Return the names of the drivers that graphs may use, sorted."""
    return sorted(name for name, spec in _specs.items() if not spec.compiled)


def offered() -> list[DriverSpec]:
    """Return how tasks of each driver are written that graphs may use, by name."""
    return [_specs[name] for name in names()]


def commands(driver: str) -> bool:
    """Tell whether tasks of this driver run what they are told as a process."""
    return driver in _specs and _specs[driver].commands


def templated(driver: str) -> bool:
    """Tell whether the commands of this driver's tasks may hold templates."""
    return driver in _specs and _specs[driver].templated


def number(driver: str) -> int:
    """Return the seed's `is_py_func` of a driver."""
    return next((n for n, name in NUMBERS.items() if name == driver), SYSTEM)


def agreed(driver: str | None, is_py_func: int | None, present: str) -> str:
    """Return the driver that both views of it name; None stands for "not given", `present` for what it is so far.

    Raise `InvalidTask` where they contradict each other.
    """
    if is_py_func is None:
        return present if driver is None else driver
    if driver is None:
        return present if number(present) == is_py_func else NUMBERS[is_py_func]
    if number(driver) != is_py_func:
        raise InvalidTask(
            f"{is_py_func} means {NUMBERS[is_py_func]}, but driver says {driver}: give one of the two.", field="is_py_func"
        )
    return driver


def check(driver: str, command: str, configs: Mapping[str, Any] | None, *, compiled: bool = False) -> None:
    """Raise `InvalidTask` unless a task of this driver may have this command and these configs.

    `compiled`: the task is not one that was written, but made of a job spec.
    """
    spec = _specs.get(driver)
    if spec is None:
        raise InvalidTask(f"Unknown driver {driver!r}; there are {', '.join(names()) or 'none'}.", field="driver")
    if spec.compiled and not compiled:
        raise InvalidTask(
            f"The driver {driver} is for the long-running tasks and stoppers of job specs alone: submit a job spec.",
            field="driver",
        )
    if spec.needs_command and not command.strip():
        raise InvalidTask(f"A task of the driver {driver} needs a command.", field="command")
    configs = {} if configs is None else configs
    _check_configs(spec, configs)
    spec.check(command, configs)


def _check_configs(spec: DriverSpec, configs: Mapping[str, Any]) -> None:
    if not isinstance(configs, Mapping):
        raise InvalidTask("Must be an object such as {args: [...], kwargs: {...}}, or null.", field="configs")
    unknown = set(configs) - spec.configs_keys
    if unknown:
        known = ", ".join(sorted(spec.configs_keys)) or "none"
        raise InvalidTask(f"Unknown key {min(unknown)!r}; the driver {spec.name} knows {known}.", field="configs")
    for key, kind, said in (
        ("args", list, "a list"),
        ("kwargs", dict, "an object"),
        ("env", dict, "an object"),
        ("cwd", str, "text"),
    ):
        if key in configs and not isinstance(configs[key], kind):
            raise InvalidTask(f"{key} must be {said}.", field="configs")
