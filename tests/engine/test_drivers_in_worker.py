"""The drivers inside a real worker: limits, cancels and kills where they really happen, in a prefork child."""

import os
import signal
from collections.abc import Iterator

import psutil
import pytest

from config import commands
from dags.models import Graph, Project, Task
from runs.models import GraphRun, JobRun, LogChunk, Worker
from scheduler import engine
from scheduler.launching import Launch, launch
from tests.running import Running, running, wait_for

pytestmark = pytest.mark.django_db(transaction=True)

QUEUE = "drivers"


@pytest.fixture(scope="module")
def own_worker(django_db_setup) -> Iterator[Running]:
    with running(
        commands.worker([QUEUE], "", 1), "drivers-worker", CELERIAC_CALLABLES="time.sleep", CELERIAC_QUEUES=QUEUE
    ) as process:
        yield process


@pytest.fixture
def begun(own_worker):
    """Return a function that launches a graph of one task and returns its run."""
    wait_for(lambda: Worker.objects.exists() or not own_worker.alive(), "the worker's heartbeat")
    assert own_worker.alive(), own_worker.told()

    def begun(driver, command, **fields) -> GraphRun:
        graph = Graph.objects.create(project=Project.objects.create(name="drivers"), name="graph")
        Task.objects.create(parent=graph, key="a", name="a", driver=driver, command=command, queue=QUEUE, **fields)
        return launch([Launch(graph=graph)])[0]

    return begun


def ended(run) -> JobRun:
    wait_for(lambda: GraphRun.objects.get(pk=run.pk).completed_at, "the end of the run")
    return JobRun.objects.get(graph_run=run)


def says(text) -> None:
    wait_for(lambda: text in "".join(LogChunk.objects.order_by("id").values_list("text", flat=True)), f"{text!r} in the log")


def test_a_command_runs_with_its_environment(begun):
    job_run = ended(begun("shell", 'echo "$SCHEDULER_TASK_ID $SCHEDULER_ATTEMPT $0 ${DATABASE_URL-none} ${SECRET_KEY-none}"'))
    assert job_run.results == {"result": f"{job_run.pk} 1 a none none\n"}


def test_a_callable_is_stopped_when_its_time_is_over(begun):
    job_run = ended(begun("python", "time.sleep", configs={"args": [60]}, timeout=0.3))
    assert job_run.errors["error"] == "timed out after 0.3 s"


def test_a_callable_is_cancelled(begun):
    run = begun("python", "time.sleep", configs={"args": [60]})
    wait_for(lambda: JobRun.objects.get().state == "RUNNING", "the task to run")
    engine.cancel([run.pk], cause="test")
    assert ended(run).state == "CANCELLED"


def test_a_command_is_cancelled_with_all_it_started(begun):
    run = begun("shell", "sleep 300 & echo pids $$ $!; wait")
    says("pids")
    pids = [int(pid) for pid in LogChunk.objects.get().text.split()[1:]]
    engine.cancel([run.pk], cause="test")
    assert ended(run).state == "CANCELLED"
    assert not any(psutil.pid_exists(pid) for pid in pids)


def test_the_command_of_a_killed_child_is_ended_and_done_again(begun, own_worker):
    run = begun("shell", "[ $SCHEDULER_ATTEMPT -gt 1 ] || { echo pid $$; trap '' TERM; while :; do sleep 1; done; }")
    says("pid")
    pid = int(LogChunk.objects.get().text.split()[1])
    os.kill(psutil.Process(pid).ppid(), signal.SIGKILL)
    assert ended(run).state == "SUCCESS"
    assert JobRun.objects.get().attempt == 2
    wait_for(lambda: not psutil.pid_exists(pid), "the end of what the killed child left")


def test_output_can_be_read_while_it_comes_and_stays_when_the_command_is_stopped(begun, service):
    run = begun("shell", "trap 'echo stopping; exit 1' TERM; echo working on it; while :; do sleep 0.1; done")
    path = f"/scheduler/execution/tasks/{JobRun.objects.get(graph_run=run).pk}/logs/"

    def log() -> str:
        return service.client.get(path, headers={"Accept": "text/plain"}).text

    wait_for(lambda: "working on it" in log(), "the output of a running command")
    assert JobRun.objects.get(graph_run=run).state == "RUNNING"
    assert service.client.post(f"/scheduler/execution/{run.pk}/cancel/").status_code == 200

    assert ended(run).state == "CANCELLED"
    assert log().startswith("working on it\n") and "stopping\n" in log()
