"""`service`: a long-running task of a job spec, started on its node and held there by a process of its own.

`configs`: `driver` (shell, exec), `command`, `args`, `env`, `cwd` say what runs; `ready` says how it is known to be of use:
`tasks` (each with `name`, `driver`, `command`, `args`, `env`, `timeout`) that all have to succeed, tried again `retries` times
(-1, without end) every `interval` (1) seconds, for `timeout` (60) seconds in all.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.conf import settings

from dags import drivers
from dags.drivers import DriverSpec
from dags.errors import InvalidTask
from runs.logs import LogWriter
from scheduler import faults, templates
from scheduler.drivers import exec as program
from scheduler.drivers import shell
from scheduler.processes.environment import environment
from scheduler.processes.running import CannotStartError
from scheduler.services import checks, holding
from scheduler.services.checks import Ready
from scheduler.services.holding import Held
from scheduler.stop import Stop
from scheduler.values import as_text
from scheduler.work import Outcome, Work, not_started, waiting

PROCESS = ("args", "env", "cwd")
_KINDS = {"shell": shell, "exec": program}
_CHECK_KEYS = {"name", "driver", "command", "timeout", *PROCESS}
_NUMBERS = {"retries", "interval", "timeout"}


# --- How its tasks are written ---


def _check(command: str, configs: Mapping[str, Any]) -> None:
    if command:
        raise InvalidTask("What a service runs stands in its configs.", field="command")
    _check_process(configs, "")
    ready = configs.get("ready", {})
    if not isinstance(ready, Mapping) or not isinstance(ready.get("tasks", []), list):
        raise InvalidTask("ready must be an object with a list of tasks.", field="configs")
    _check_keys(ready, {"tasks", *_NUMBERS}, "ready")
    for name in _NUMBERS:
        _check_number(ready.get(name, 0), name)
    for index, task in enumerate(ready.get("tasks", [])):
        if not isinstance(task, Mapping):
            raise InvalidTask(f"ready.tasks[{index}] must be an object.", field="configs")
        _check_keys(task, _CHECK_KEYS, f"ready.tasks[{index}]")
        _check_process(task, f"ready.tasks[{index}].")


def _check_number(value: Any, name: str) -> None:
    whole = name == "retries"
    if isinstance(value, bool) or not isinstance(value, int if whole else int | float) or (value < 0 and not whole):
        raise InvalidTask(
            f"ready.{name} must be a {'whole ' if whole else ''}number{'' if whole else ' of seconds'}.", field="configs"
        )


def _check_process(configs: Mapping[str, Any], path: str) -> None:
    driver, command = configs.get("driver"), configs.get("command", "")
    if driver not in _KINDS:
        raise InvalidTask(f"{path}driver must be one of {', '.join(_KINDS)}.", field="configs")
    if not isinstance(command, str):
        raise InvalidTask(f"{path}command must be text.", field="configs")
    try:
        drivers.check(driver, command, _process(configs))
    except InvalidTask as error:
        raise InvalidTask(f"{path}{error.message}", field="configs") from None
    # What becomes part of a command line is nothing that a user may fill in.
    templates.check({"command": command}, names=frozenset({"nodes"}))


def _check_keys(given: Mapping[str, Any], known: set[str], path: str) -> None:
    unknown = set(given) - known
    if unknown:
        raise InvalidTask(f"{path}: unknown key {min(unknown)!r}; there are {', '.join(sorted(known))}.", field="configs")


def _process(configs: Mapping[str, Any]) -> dict[str, Any]:
    return {key: configs[key] for key in PROCESS if key in configs}


SPEC = DriverSpec(
    name="service",
    configs_keys=frozenset({"driver", "command", "ready", *PROCESS}),
    needs_command=False,
    commands=True,
    compiled=True,
    check=_check,
)


# --- How one is done ---


def run(work: Work, log: LogWriter, stop: Stop) -> Outcome:
    """Start the service and wait until it is ready; from then on its node holds it, and no worker's slot."""
    held = Held(job_run_id=work.job_run_id, attempt=work.attempt)
    for earlier in holding.all_held():
        if earlier.job_run_id == held.job_run_id:  # two of one service would be in each other's way
            holding.stop(earlier)
            holding.clear(earlier)
    try:
        _start(held, _part(work, work.configs), log)
        faults.point("service.started")
        outcome = checks.until_ready(
            held,
            Ready(**work.configs.get("ready", {})),
            lambda task, seconds, its_stop: _checked(_part(work, task, timeout=seconds), log, its_stop),
            work=work,
            log=log,
            stop=stop,
        )
    except CannotStartError as error:
        return not_started(str(error), permanent=error.permanent)
    except BaseException:
        holding.ask_to_end(held)  # whoever tells this worker to leave at once means its work too
        raise
    if outcome is not None:
        holding.stop(held)
        return outcome
    faults.point("service.ready")
    return waiting("running", ready=True)


def _start(held: Held, work: Work, log: LogWriter) -> None:
    env, left_out = environment(work)
    if left_out:
        log.note(f"[too large for a variable: {', '.join(left_out)}]")
    cwd = os.path.join(settings.WORK_DIR, as_text(work.configs.get("cwd")))  # noqa: PTH118
    holding.start(held, _argv(work), env=env, cwd=cwd)


def _argv(work: Work) -> Sequence[str]:
    return _KINDS[work.driver].argv(work)


def _checked(work: Work, log: LogWriter, stop: Stop) -> Outcome:
    return _KINDS[work.driver].run(work, log, stop)


def _part(work: Work, configs: Mapping[str, Any], *, timeout: float | None = None) -> Work:
    """Return the work of one process of the service: itself, or a check."""
    return replace(
        work, driver=configs["driver"], command=as_text(configs.get("command")), configs=_process(configs), timeout=timeout
    )
