"""`stop`: a stopper of a job spec. It ends long-running tasks of its run that run on its node, and proves them gone.

`configs`: `{"stop": ["<key of a service>", ...]}`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import InterfaceError, OperationalError, connection

from dags.drivers import DriverSpec
from dags.errors import InvalidTask
from runs.logs import LogWriter
from runs.models import JobRun
from runs.states import FINISHED, JobRunState
from scheduler import faults
from scheduler.patience import patiently
from scheduler.services import ends, holding
from scheduler.services.holding import Held
from scheduler.stop import Stop, stopped
from scheduler.work import Outcome, Work, given_back, succeeded


def _check(command: str, configs: Mapping[str, Any]) -> None:
    named = configs.get("stop")
    if not isinstance(named, list) or not named or not all(isinstance(key, str) and key for key in named):
        raise InvalidTask('Name the services by their keys: {"stop": ["..."]}.', field="configs")


SPEC = DriverSpec(name="stop", configs_keys=frozenset({"stop"}), needs_command=False, compiled=True, check=_check)


def run(work: Work, log: LogWriter, stop: Stop) -> Outcome:
    """Tell all of them to end, wait until nothing of them lives, and record that they were stopped."""
    services = patiently(lambda: _services(work))
    for service in services:
        if service.state not in FINISHED:
            holding.ask_to_end(_held(service), by=work.key)
    for service in services:
        holding.stop(_held(service), enough=lambda: stop.reason is not None)
        if stop.reason is not None:
            return stopped(work, stop.reason)
    try:
        faults.point("service.stopped")
        return succeeded({"stopped": [service.key for service in services if _settled(service, log)]})
    except (OperationalError, InterfaceError) as error:
        connection.close()
        return given_back(f"stopped, and the database does not take it: {error}")  # once more: what is gone stays gone


def _services(work: Work) -> Sequence[JobRun]:
    named = JobRun.objects.filter(graph_run=work.graph_run_id, key__in=work.configs["stop"])
    return list(named.only("key", "state", "attempt", "graph_run").order_by("node"))


def _held(service: JobRun) -> Held:
    return Held(job_run_id=service.pk, attempt=service.attempt)


def _settled(service: JobRun, log: LogWriter) -> bool:
    """Record the end of one that ran; tell whether it was this stopper that ended it."""
    end = ends.settle(_held(service), service.graph_run_id) if service.state == JobRunState.WAITING else None
    if end is not None and end.state == JobRunState.SUCCESS:
        log.note(f"[stopped {service.key}]")
        return True
    log.note(f"[{service.key} was not running]")
    return False
