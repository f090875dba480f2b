"""Services that nobody can tell of any more: no run waits for them for ever."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now

from runs.models import GraphRun, JobRun, Node
from scheduler import dispatch, engine, nodes, recovery
from scheduler.perform import perform
from scheduler.services import holding
from scheduler.services.holding import Held
from scheduler.services.keeping import Keeper
from scheduler.work import succeeded, waiting
from tests import factories
from tests.services import end_all, launched, shell
from tests.works import unwatched, work_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _node(settings, tmp_path):
    settings.HOME = tmp_path
    settings.NODE = "n1"
    settings.LEASE = settings.SERVICE_LEASE = 1
    yield
    end_all()


@pytest.fixture
def bench_rings(monkeypatch) -> list[dispatch.Ring]:
    rings: list[dispatch.Ring] = []
    monkeypatch.setattr(dispatch, "ring_on_commit", rings.extend)
    return rings


@pytest.fixture
def run() -> GraphRun:
    """A run whose service serves on n1, while a task of n1 goes on."""
    server = {"key": "server", "driver": "service", "configs": shell("true"), "queue": "node.n1"}
    load = {"key": "load", "driver": "shell", "command": "true", "queue": "node.n1"}
    cleanup = {"driver": "stop", "configs": {"stop": ["server"]}, "queue": "node.n1", "trigger_rule": "always"}
    edges = [("server", "load", "ready"), ("server", "cleanup", "ready"), ("load", "cleanup", "done")]
    run = launched([server, load, {"key": "cleanup", **cleanup}], edges, on_failure="stop")
    walker = engine.Walker(worker=nodes.me.boot_id, queues=["node.n1"], rung_on="node.n1")
    [claimed] = engine.begin(run.pk, walker)
    engine.settle(run.pk, [(claimed.id, 1, waiting("running", ready=True))], cause="test", walker=walker)
    GraphRun.objects.filter(pk=run.pk).update(placement={"srv": {"name": "n1", "ip": "127.0.0.1", "hostname": "host"}})
    return run


def silent(seconds: float, name: str = "n1") -> None:
    """Have a node be silent for so long."""
    Node.objects.update_or_create(name=name, defaults={"hostname": "host"})
    Node.objects.filter(name=name).update(heartbeat_at=Now() - timedelta(seconds=seconds))


def states(run: GraphRun) -> dict[str, str]:
    return dict(run.job_runs.values_list("key", "state"))


def test_a_service_of_a_node_that_is_gone_fails_when_it_cannot_live_any_more(run):
    silent(1)
    recovery.sweep()
    assert states(run)["server"] == "WAITING"
    silent(3)
    recovery.sweep()
    assert states(run)["server"] == "FAILED"
    assert JobRun.objects.get(key="server").errors == {"error": "node n1 is gone"}


def test_its_stopper_may_then_be_done_by_anybody_and_the_run_ends(run, bench_rings):
    silent(3)
    recovery.sweep()
    load = JobRun.objects.get(key="load")
    engine.settle(run.pk, [(load.pk, load.attempt, succeeded(None))], cause="test")
    assert JobRun.objects.get(key="cleanup").queue == "node.n1"
    recovery.sweep()
    assert JobRun.objects.get(key="cleanup").queue == "default"
    assert (run.pk, "default") in {(ring.run_id, ring.queue) for ring in bench_rings}
    walker = engine.Walker(worker=nodes.me.boot_id, queues=["default"], rung_on="default")
    [claimed] = engine.begin(run.pk, walker)
    stopper = JobRun.objects.select_related("graph_run").get(pk=claimed.id)
    with unwatched():
        outcome = perform(work_of(stopper, "stop", "", configs={"stop": ["server"]}))
    engine.settle(run.pk, [(claimed.id, claimed.attempt, outcome)], cause="test")
    assert states(run) == {"server": "FAILED", "load": "SUCCESS", "cleanup": "SUCCESS"}
    assert GraphRun.objects.get().state == "FAILED"


def test_other_work_of_a_node_that_is_gone_waits_for_it(run):
    JobRun.objects.filter(key="load").update(state="QUEUED", available_at=Now())
    silent(3)
    recovery.sweep()
    assert JobRun.objects.filter(key="load", queue="node.n1").exists()


def test_one_that_left_no_trace_on_its_node_fails_once_no_other_worker_may_have_it(run):
    other = factories.worker("node.n1", node="n1")
    keeper = Keeper(_lock=0)
    assert keeper.look()
    assert states(run)["server"] == "WAITING"
    other.delete()
    assert not keeper.look()
    assert JobRun.objects.get(key="server").errors == {"error": "nothing of the service is left on its node"}


def test_one_that_left_a_trace_is_not_missing(run):
    server = JobRun.objects.get(key="server")
    held = Held(job_run_id=server.pk, attempt=server.attempt)
    holding.start(held, ["/bin/sleep", "600"], env={}, cwd="/")
    assert Keeper(_lock=0).look()
    assert states(run)["server"] == "WAITING"
