"""What the drivers `shell` and `exec` have in common: how their configs are checked, and what a command's end means."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings

from dags.errors import InvalidTask
from runs.logs import LogWriter
from scheduler.processes.environment import NAME, OURS, environment
from scheduler.processes.exits import signal_name
from scheduler.processes.running import CannotStartError, Ended, run
from scheduler.stop import Stop, stopped
from scheduler.templating import templates
from scheduler.values import as_text
from scheduler.work import Outcome, Work, failed, not_started, succeeded

CONFIGS_KEYS = frozenset({"args", "kwargs", "env", "cwd"})
COMPLAINT = 4096  # bytes of stderr told as the error


def check(configs: Mapping[str, Any]) -> None:
    """Raise `InvalidTask` unless `configs` suit a process."""
    if configs.get("kwargs"):  # an empty one is what clients send that know python tasks alone
        raise InvalidTask("kwargs are for python tasks: give a process args, or variables in env.", field="configs")
    check_names(configs.get("env", {}))
    templates.check(configs, names=templates.OUTSIDE)


def check_names(env: Mapping[str, Any]) -> None:
    """Raise `InvalidTask` unless all of these may be names of variables."""
    for name in env:
        if not NAME.fullmatch(name):
            raise InvalidTask(f"env: {name[:100]!r} is no name of a variable: letters, digits and _ alone.", field="configs")
        if name.startswith(OURS):
            raise InvalidTask(f"env: names that begin with {OURS} are the engine's own.", field="configs")


def args(configs: Mapping[str, Any]) -> list[str]:
    """Return the args of rendered configs, each as one whole argument."""
    return [as_text(value) for value in configs.get("args", [])]


def perform(argv: Sequence[str], work: Work, log: LogWriter, stop: Stop) -> Outcome:
    """Run `argv` as the work and return what its end means."""
    env, left_out = environment(work)
    if left_out:
        log.note(f"[too large for a variable: {', '.join(left_out)}]")
    cwd = os.path.join(settings.WORK_DIR, as_text(work.configs.get("cwd")))  # noqa: PTH118
    try:
        ended = run(argv, env=env, cwd=cwd, timeout=work.timeout, log=log, stop=stop)
    except CannotStartError as error:
        return not_started(str(error), permanent=error.permanent)
    return outcome(ended) if ended.stopped is None else stopped(work, ended.stopped)


def outcome(ended: Ended) -> Outcome:
    """Return what a command's own end means: its stdout is its result, its stderr tells of a failure."""
    truncated = {"truncated": True} if ended.out.left_out or ended.err.left_out else {}
    if ended.exit_code == 0:
        done = succeeded(ended.out.text())
        done.results.update(truncated)
        return done
    facts: dict[str, Any] = {"exit_code": ended.exit_code, **truncated}
    told = f"exit code {ended.exit_code}"
    if ended.exit_code < 0:
        facts["signal"] = signal_name(-ended.exit_code)
        told = f"killed by {facts['signal']}"
    return failed(ended.err.end(COMPLAINT).strip() or told, **facts)
