"""`job`: the run of a Job, in the worker's own process."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.errors import CeleriacError
from dags.drivers import JOB, DriverSpec
from dags.errors import InvalidTask
from dags.models import Job
from jobs import kinds
from jobs.running import Done, End, JobError, Later, NothingToDo, Running
from runs.logs import LOG, LogWriter
from runs.models import GraphRun
from scheduler import report_keys, values
from scheduler.begun import first_begun
from scheduler.callables import calling
from scheduler.patience import patiently
from scheduler.stop import Stop
from scheduler.work import Outcome, Work, failed, not_started, skipped, succeeded, waiting

SERVER_FAULT = 500  # from this status on an error is not the job's: trying again may help


def _check(command: str, configs: Mapping[str, Any]) -> None:
    job = configs.get("job")
    if not isinstance(job, int) or isinstance(job, bool):
        raise InvalidTask('Name the job by its id: {"job": 12}.', field="configs")


SPEC = DriverSpec(name=JOB, configs_keys=frozenset({"job"}), needs_command=False, check=_check)


def run(work: Work, log: LogWriter, stop: Stop) -> Outcome:
    """Run the Job that the task names, if it is one of the run's own project."""
    job = patiently(lambda: Job.objects.filter(pk=work.configs["job"], project__runs=work.graph_run_id).first())
    if job is None:
        return not_started(f"there is no job {work.configs['job']} in this project any more")
    kind = kinds.KINDS.get(job.kind)
    if kind is None:
        return not_started(f"unknown kind of job {job.kind!r}")
    runs = GraphRun.objects.values_list("task_id", "scheduled_for")
    task_id, scheduled_for = patiently(lambda: runs.get(job_runs=work.job_run_id))
    running = Running(
        say=lambda line: log.write(LOG, f"{line}\n".encode("utf-8", "replace")),
        waking=stop.waking,
        attempt=work.attempt,
        begun=first_begun(work),
        params=work.params,
        report_url=report_keys.url(work.report_key) if work.report_key else "",
        identity=f"{task_id}.{work.job_run_id}",
        scheduled_for=scheduled_for,
    )
    return calling.call(_end, (kind.run, kinds.load(job), running), {}, ended=_outcome, work=work, log=log, stop=stop)


def _end(runner: kinds.Runner, job: Job, running: Running) -> End | JobError:
    try:
        return runner(job, running)
    except JobError as error:
        return error
    except CeleriacError as error:
        return JobError(error.message, permanent=error.status < SERVER_FAULT, **error.facts)


def _outcome(end: End | JobError) -> Outcome:
    if isinstance(end, JobError):
        return failed(values.storable(end.message), permanent=end.permanent, **end.facts)
    if isinstance(end, Done):
        return succeeded(values.normalized(end.value))
    if isinstance(end, NothingToDo):
        return skipped(end.reason)
    return waiting(end.reason, seconds=end.seconds if isinstance(end, Later) else 0.0)
