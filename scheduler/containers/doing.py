"""Doing an attempt by a container: what the daemon says becomes its log, how the container ends its outcome."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from django.conf import settings

from runs.logs import LogWriter
from scheduler.containers import labels, marker, removing, running
from scheduler.containers.daemon import DaemonError, connected
from scheduler.containers.pulling import pull
from scheduler.containers.running import ERR, OUT, Order
from scheduler.installation import installation
from scheduler.processes import commands
from scheduler.processes.clipped import Clipped
from scheduler.processes.running import CannotStartError, Ended
from scheduler.stop import Reason, Stop, stopped
from scheduler.work import Outcome, Work, failed, not_started, succeeded

DOCKERS = ("DOCKER_HOST", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH", "DOCKER_CONFIG")  # where the daemon is


def pulled(work: Work, image: str, log: LogWriter, stop: Stop) -> Outcome:
    """Pull an image, whether it is there or not."""
    seconds = min(settings.PULL_TIMEOUT, work.timeout or settings.PULL_TIMEOUT)
    try:
        with connected() as client:
            pull(client, image, seconds=seconds, note=log.note, halt=stop)
    except DaemonError as error:
        return not_started(str(error), permanent=error.permanent)
    return stopped(work, stop.reason) if stop.reason else succeeded(None)


def ran(work: Work, policy: str, request: Mapping[str, Any], log: LogWriter, stop: Stop) -> Outcome:
    """Run a container to its end, or to ours."""
    heard = {OUT: Clipped(min(settings.MAX_OUTPUT, settings.MAX_RESULT)), ERR: Clipped(settings.MAX_OUTPUT)}

    def say(stream: str, data: bytes) -> None:
        if stream in heard:
            heard[stream].write(data)
        log.write(stream, data)

    order = _order(request, policy, grace=settings.KILL_GRACE, timeout=work.timeout)
    marker.leave()
    try:
        with connected() as client:
            left = removing.remove_earlier(client, request["labels"][labels.INSTALLATION], work.job_run_id, work.attempt)
            if left:
                log.note(f"[removed {left} containers of earlier attempts]")
            ended = running.run(client, order, say=say, halt=stop, expire=lambda: stop.set(Reason.TIMEOUT))
    except DaemonError as error:
        return stopped(work, stop.reason) if stop.reason else not_started(str(error), permanent=error.permanent)
    if ended is not None and ended.by_itself:
        return _outcome(ended, heard, request)
    return stopped(work, stop.reason or Reason.LOST)


def held(
    work: Work, policy: str, request: Mapping[str, Any], log: LogWriter, stop: Stop
) -> tuple[list[str], dict[str, str], str]:
    """Have the image come, and return the command that holds the container, its environment, and where it starts.

    Who supervises that command kills it after the grace time: by then the container has been killed too.
    """
    order = _order(request, policy, grace=settings.KILL_GRACE / 2)
    marker.leave()
    try:
        with connected() as client:
            running.have_image(client, order, log.note, stop)
    except DaemonError as error:
        raise CannotStartError(error, permanent=error.permanent) from error
    file = marker.folder() / f"{installation()}-{work.job_run_id}-{work.attempt}.json"
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as written:
        json.dump(asdict(replace(order, policy="never")), written)
    env = {name: os.environ[name] for name in (*settings.TASK_ENV, *DOCKERS) if name in os.environ}
    return [sys.executable, "-m", "scheduler.containers.hold", str(file)], env, str(settings.BASE_DIR)


def _order(request: Mapping[str, Any], policy: str, *, grace: float, timeout: float | None = None) -> Order:
    return Order(request=request, policy=policy, pull_timeout=settings.PULL_TIMEOUT, grace=grace, timeout=timeout)


def _outcome(ended: running.Ended, heard: Mapping[str, Clipped], request: Mapping[str, Any]) -> Outcome:
    if ended.out_of_memory and ended.exit_code:
        limit = request["mem_limit"] // 1024**2
        return failed(f"killed: it wanted more than the {limit} MB of memory that it may have", exit_code=ended.exit_code)
    return commands.outcome(Ended(exit_code=ended.exit_code, stopped=None, out=heard[OUT], err=heard[ERR]))
