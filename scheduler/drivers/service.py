"""`service`: a long-running task of a job spec, started on its node and held there by a process of its own.

`configs`: `driver` (shell, exec, docker), `command`, `args`, `env`, `cwd` say what runs, of a container its section `docker` as
well, with what that driver knows; `ready` says how it is known to be of use: `tasks` (each with a `name`, a `timeout` and the
same) that all have to succeed, tried again `retries` times
(-1, without end) every `interval` (1) seconds, for `timeout` (60) seconds in all.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.conf import settings

from dags.drivers import DriverSpec
from dags.errors import InvalidTask
from runs.logs import LogWriter
from scheduler import faults
from scheduler.drivers import docker, shell
from scheduler.drivers import exec as program
from scheduler.processes.environment import environment
from scheduler.processes.running import CannotStartError
from scheduler.services import checks, configs, holding
from scheduler.services.checks import Ready
from scheduler.services.holding import Held
from scheduler.stop import Stop
from scheduler.values import as_text
from scheduler.work import Outcome, Work, not_started, waiting

# What its supervisor holds is `argv(work)` of these, or the process that holds a container; checks are done by `run`.
_PROCESSES = {"shell": shell, "exec": program}
_KINDS = {**_PROCESSES, configs.CONTAINER: docker}


def _check(command: str, told: Mapping[str, Any]) -> None:
    if command:
        raise InvalidTask("What a service runs stands in its configs.", field="command")
    configs.check(told, kinds=_KINDS)


SPEC = DriverSpec(
    name="service",
    configs_keys=configs.KEYS,
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
        _start(held, _part(work, work.configs), log, stop)
        faults.point("service.started")
        outcome = checks.until_ready(
            held,
            Ready(**work.configs.get("ready", {})),
            lambda task, seconds, its_stop: _KINDS[task["driver"]].run(_part(work, task, timeout=seconds), log, its_stop),
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


def _start(held: Held, work: Work, log: LogWriter, stop: Stop) -> None:
    if work.driver == configs.CONTAINER:
        holding.start(held, *docker.held(work, log, stop))
        return
    env, left_out = environment(work)
    if left_out:
        log.note(f"[too large for a variable: {', '.join(left_out)}]")
    cwd = os.path.join(settings.WORK_DIR, as_text(work.configs.get("cwd")))  # noqa: PTH118
    holding.start(held, _PROCESSES[work.driver].argv(work), env, cwd)


def _part(work: Work, told: Mapping[str, Any], *, timeout: float | None = None) -> Work:
    """Return the work of one process of the service: itself, or a check."""
    return replace(
        work, driver=told["driver"], command=as_text(told.get("command")), configs=configs.process(told), timeout=timeout
    )
