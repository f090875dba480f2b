"""`docker`: a container of an image, run to its end and removed; its stdout is the result.

`configs`: `image`; `action` (run; `pull` gets the image and no more), `pull` (missing, always, never); `command` or the task's
own, then `args`; `entrypoint`, `env`, `cwd`, `user`, `name`; `ports` ([{guest, host}]), `mounts` ([{source, target,
read_only}], below the node's folder of mounts), `network` (bridge, none, host); `memory` (512m), `cpus`, `pids`; `read_only`,
`init`, `cap_add`.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping
from typing import Any

from django.conf import settings

from dags.drivers import DriverSpec
from dags.errors import InvalidTask
from runs.logs import LogWriter
from scheduler.containers import labels, wanted
from scheduler.containers.request import NotAllowed, Rules, request
from scheduler.containers.wanted import Faulty, Wanted
from scheduler.installation import installation
from scheduler.own_address import own_address
from scheduler.processes import commands
from scheduler.processes.environment import told_environment
from scheduler.processes.running import CannotStartError
from scheduler.stop import Stop
from scheduler.templating import templates
from scheduler.values import as_text
from scheduler.work import Outcome, Work, not_started

# --- How its tasks are written ---


def _check(command: str, configs: Mapping[str, Any]) -> None:
    if command.strip() and configs.get("command"):
        raise InvalidTask("The command stands here and in configs: tell it once.", field="command")
    told = _with_command(command, configs)
    commands.check_names(configs.get("env", {}))
    # What is split into words is nothing that whoever launches may fill in.
    templates.check({"command": told.get("command")}, names=frozenset({"nodes"}))
    templates.check({name: value for name, value in configs.items() if name != "command"}, names=templates.PLACED)
    try:
        wanted.read(told, unknown=lambda value: isinstance(value, str) and templates.has_any(value))
    except Faulty as error:
        raise InvalidTask(f"{error}.", field="configs") from None


def _with_command(command: str, configs: Mapping[str, Any]) -> dict[str, Any]:
    return {**configs, "command": command} if command.strip() else dict(configs)


SPEC = DriverSpec(name="docker", configs_keys=wanted.FIELDS, needs_command=False, commands=True, check=_check)


# --- How one is done ---


def run(work: Work, log: LogWriter, stop: Stop) -> Outcome:
    """Run the container, or pull its image."""
    # The library takes as long to import as a small worker takes to start: those pay for it who have containers.
    doing = importlib.import_module("scheduler.containers.doing")
    try:
        asked = read(work)
        if asked.action == "pull":
            return doing.pulled(work, asked.image, log, stop)  # type: ignore[no-any-return]
        return doing.ran(work, asked.pull, requested(work, asked, log), log, stop)  # type: ignore[no-any-return]
    except (Faulty, NotAllowed) as error:
        return not_started(str(error))


def held(work: Work, log: LogWriter, stop: Stop) -> tuple[list[str], dict[str, str], str]:
    """Return what to start, in which environment and where, to have a container held by a process that a service may be.

    Raise `CannotStartError`.
    """
    doing = importlib.import_module("scheduler.containers.doing")
    try:
        asked = read(work)
        if asked.action == "pull":
            raise Faulty("a container that goes on has to run: the action pull only pulls")
        return doing.held(work, asked.pull, requested(work, asked, log), log, stop)  # type: ignore[no-any-return]
    except (Faulty, NotAllowed) as error:
        raise CannotStartError(error) from None


def read(work: Work) -> Wanted:
    """Return what a work whose configs are rendered asks for; raise `Faulty`."""
    asked = wanted.read(_with_command(work.command, work.configs))
    if asked is None:
        raise AssertionError("everything is known by now")
    return asked


def requested(work: Work, asked: Wanted, log: LogWriter) -> dict[str, Any]:
    """Return what the daemon is asked for; raise `NotAllowed`."""
    env, left_out = told_environment(work)
    if left_out:
        log.note(f"[too large for a variable: {', '.join(left_out)}]")
    whose = labels.of_attempt(installation(), work.job_run_id, work.attempt, settings.NODE)
    return request(asked, _rules(), args=[as_text(arg) for arg in asked.args], env=env, labels=whose)


def _rules() -> Rules:
    return Rules(
        base=settings.MOUNTS,
        user=f"{os.getuid()}:{os.getgid()}",
        bind=settings.CONTAINER_BIND or own_address(),
        host_network=settings.CONTAINER_HOST_NETWORK,
        capabilities=settings.CONTAINER_CAPABILITIES,
        memory=settings.CONTAINER_MEMORY * 1024**2,
        cpus=settings.CONTAINER_CPUS,
        pids=settings.CONTAINER_PIDS,
    )
