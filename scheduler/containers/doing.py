"""Doing an attempt by a container: what the daemon says becomes its log, how the container ends its outcome."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings

from runs.logs import LogWriter
from scheduler.containers import labels, marker, removing, running
from scheduler.containers.daemon import DaemonError, connected
from scheduler.containers.pulling import pull
from scheduler.containers.running import ERR, OUT, Order
from scheduler.processes import commands
from scheduler.processes.clipped import Clipped
from scheduler.processes.running import Ended
from scheduler.stop import Reason, Stop, stopped
from scheduler.work import Outcome, Work, failed, not_started, succeeded


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

    order = Order(
        request=request,
        policy=policy,
        pull_timeout=settings.PULL_TIMEOUT,
        grace=settings.KILL_GRACE,
        timeout=work.timeout,
    )
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


def _outcome(ended: running.Ended, heard: Mapping[str, Clipped], request: Mapping[str, Any]) -> Outcome:
    if ended.out_of_memory and ended.exit_code:
        limit = request["mem_limit"] // 1024**2
        return failed(f"killed: it wanted more than the {limit} MB of memory that it may have", exit_code=ended.exit_code)
    return commands.outcome(Ended(exit_code=ended.exit_code, stopped=None, out=heard[OUT], err=heard[ERR]))
