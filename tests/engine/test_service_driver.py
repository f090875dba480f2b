"""The drivers `service` and `stop`: started, found ready, kept, stopped and told; in this process, with real services."""

import threading
from typing import Any

import psutil
import pytest

from config.processes import free_port
from dags import drivers
from dags.errors import InvalidTask
from runs.models import JobRun, LogChunk
from runs.states import JobRunState
from scheduler import engine
from scheduler.drivers import service as driver
from scheduler.perform import perform
from scheduler.services import holding
from scheduler.services.holding import Held
from scheduler.services.keeping import Keeper
from scheduler.stop import Reason, Stop
from tests import factories
from tests.running import wait_for
from tests.services import STUBBORN, asks, end_all, gone, http_server, processes_of, shell
from tests.works import said, unwatched, work_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _quick(settings, tmp_path):
    settings.HOME = tmp_path / "home"
    settings.WORK_DIR = tmp_path
    settings.KILL_GRACE = 0.5
    with unwatched():
        yield
    end_all()


@pytest.fixture
def run():
    return factories.run({"server": JobRunState.RUNNING, "stopper": JobRunState.RUNNING, "after": JobRunState.PENDING})


def server_of(run) -> JobRun:
    return JobRun.objects.select_related("graph_run").get(graph_run=run, key="server")


def held_of(run) -> Held:
    server = server_of(run)
    return Held(job_run_id=server.pk, attempt=server.attempt)


def start(run, configs, **fields):
    return perform(work_of(server_of(run), "service", "", configs=configs, **fields))


def settle(run, outcome) -> str:
    """Record the outcome of the attempt; return the state that it leads to."""
    server = server_of(run)
    engine.settle(run.pk, [(server.pk, server.attempt, outcome)], cause="test")
    return server_of(run).state


def stop(run, *keys):
    stopper = JobRun.objects.select_related("graph_run").get(graph_run=run, key="stopper")
    return perform(work_of(stopper, "stop", "", configs={"stop": list(keys or ["server"])}))


def ended(run) -> None:
    wait_for(lambda: holding.is_gone(held_of(run).state()), "the end of the service")


# --- ready ---


def test_a_real_server_is_ready_once_it_answers_and_is_proven_gone_by_its_stopper(run):
    port = free_port()
    outcome = start(run, http_server(port))
    assert (outcome.state, outcome.reason, outcome.ready) == (JobRunState.WAITING, "running", True)
    left = processes_of(held_of(run))
    assert left[-1].net_connections()[0].laddr.port == port
    assert settle(run, outcome) == "WAITING"
    assert stop(run).results == {"result": {"stopped": ["server"]}}
    assert gone(left)
    server = server_of(run)
    assert (server.state, server.reason) == ("SUCCESS", "stopped")
    assert server.results == {"result": {"stopped_by": "stopper", "exit_code": -15}}


def test_without_checks_it_is_ready_as_soon_as_it_runs(run):
    assert start(run, {"driver": "exec", "command": "sleep 600"}).ready


def test_all_checks_have_to_succeed_in_order(run, tmp_path):
    configs = shell("exec sleep 600", "echo one >> tries; [ $(wc -l < tries) -ge 3 ]", "echo two >> tries")
    assert start(run, configs).ready
    assert (tmp_path / "tries").read_text().split() == ["one", "one", "one", "two"]
    assert said("log").count("[not ready yet: check 1: exit code 1]") == 1


def test_what_checks_say_is_in_the_log(run):
    start(run, shell("exec sleep 600", "echo looking; echo hard >&2"))
    assert (said("out"), said("err")) == ("looking\n", "hard\n")


def test_checks_get_values_as_arguments_and_variables(run, tmp_path):
    configs = shell("exec sleep 600")
    configs["ready"]["tasks"] = [
        {
            "driver": "exec",
            "command": "/bin/sh -c",
            "args": ['echo "$1 $A" > told', "sh", "{{ params.x }}"],
            "env": {"A": "{{ params.y }}"},
        }
    ]
    assert start(run, configs, params={"x": "$(touch canary)", "y": "; no"}).ready
    assert (tmp_path / "told").read_text() == "$(touch canary) ; no\n"


@pytest.mark.parametrize(
    ("ready", "told"),
    [
        ({"retries": 0}, "not ready after 1 try: check 1: no"),
        ({"retries": 2}, "not ready after 3 tries: check 1: no"),
        ({"timeout": 1}, "not ready within 1 s: check 1: no"),
        ({"retries": -1, "timeout": 1}, "not ready within 1 s: check 1: no"),
    ],
)
def test_one_that_does_not_become_ready_fails_and_is_gone(ready, told, run):
    outcome = start(run, shell("echo no >> why; exec sleep 600", "echo no >&2; exit 1", **ready))
    assert outcome.errors == {"error": told}
    assert not outcome.permanent
    assert holding.is_gone(held_of(run).state())


def test_a_check_that_hangs_is_ended_in_time(run):
    outcome = start(run, shell("exec sleep 600", "echo $$; sleep 600", timeout=1))
    assert outcome.errors["error"].startswith("not ready within 1 s: check 1: timed out after 0.")
    assert not psutil.pid_exists(int(said("out")))


def test_one_check_may_have_a_time_of_its_own(run):
    configs = shell("exec sleep 600", "[ -e tried ] || { touch tried; sleep 600; }")
    configs["ready"]["tasks"][0]["timeout"] = 0.3
    assert start(run, configs).ready


# --- it dies before it is ready ---


def test_its_death_ends_the_checks_at_once_and_its_last_words_are_told(run):
    outcome = start(run, shell("sleep 0.3; echo no disk >&2; exit 3", "sleep 600"))
    assert outcome.errors == {
        "error": "the service ended with exit code 3 before it was ready",
        "exit_code": 3,
        "output": "no disk",
    }
    assert not outcome.permanent


def test_a_supervisor_that_is_killed_during_the_checks_is_told(run, tmp_path):
    kill = "while [ ! -e pid ]; do sleep 0.02; done; kill -9 $(cat pid)"
    outcome = start(run, shell("ps -o ppid= $$ > pid.new; mv pid.new pid; exec sleep 600", f"{kill}; sleep 600"))
    assert outcome.errors == {"error": "the service's supervisor was killed, and the service with it before it was ready"}
    assert holding.is_gone(held_of(run).state())


def test_what_cannot_be_started_fails_for_good(run):
    outcome = start(run, {"driver": "exec", "command": "no-such-program"})
    assert outcome.errors == {"error": "cannot be started: No such file or directory: no-such-program"}
    assert outcome.permanent


# --- it has to end ---


@pytest.mark.parametrize(
    ("reason", "state"),
    [(Reason.CANCELLED, "CANCELLED"), (Reason.LEAVING, "QUEUED"), (Reason.LOST, "QUEUED"), (Reason.TIMEOUT, "FAILED")],
)
def test_one_that_has_to_end_during_its_checks_is_gone_then(reason, state, run, monkeypatch):
    stops: list[Stop] = []

    def made() -> Stop:
        stops.append(Stop())
        return stops[-1]

    monkeypatch.setattr("scheduler.perform.Stop", made)

    server = server_of(run)
    held = Held(job_run_id=server.pk, attempt=server.attempt)
    begun = held.folder / "out.0"

    def tell():
        wait_for(begun.exists, "the service")
        stops[0].set(reason)

    teller = threading.Thread(target=tell)
    teller.start()
    outcome = perform(work_of(server, "service", "", configs=shell("echo begun; exec sleep 600", "sleep 600"), timeout=60))
    teller.join()
    assert outcome.state == state
    assert holding.is_gone(held.state())


def test_the_next_attempt_ends_what_an_earlier_one_has_left(run):
    start(run, shell("exec sleep 600"))
    left = processes_of(held_of(run))
    JobRun.objects.filter(key="server").update(attempt=2)
    assert start(run, shell("exec sleep 600")).ready
    assert gone(left)
    assert [held.attempt for held in holding.all_held()] == [2]


# --- kept by its node ---


def test_what_it_says_comes_into_its_log_as_it_is_said_and_once(run, tmp_path):
    first = Keeper()
    outcome = start(run, shell("echo one; while [ ! -e go ]; do sleep 0.02; done; echo two >&2; exec sleep 600"))
    settle(run, outcome)
    wait_for(lambda: first.look() and said("out") == "one\n", "what it says")
    (tmp_path / "go").touch()
    later = Keeper(_lock=first._lock)
    wait_for(lambda: later.look() and said("err") == "two\n", "what it says to a worker that came later")
    stop(run)
    Keeper(_lock=first._lock).look()
    assert (said("out"), said("err")) == ("one\n", "two\n")
    assert not holding.all_held()


def test_too_much_is_told_by_its_head_at_once_and_its_tail_at_the_end(run, settings):
    settings.MAX_OUTPUT = 4000
    outcome = start(run, shell("printf 'é%.0s' $(seq 5000); echo; echo end; exec sleep 600"))
    settle(run, outcome)
    wait_for(lambda: Keeper(_lock=0).look() and said("out"), "what it says")
    assert set(said()) == {"é"}
    stop(run)
    Keeper(_lock=0).look()
    told = said()
    assert told.startswith("ééé")
    assert told.endswith("éé\nend\n")
    assert "bytes left out]" in said("log")
    assert len(told.encode()) < 5000
    assert all(chunk.attempt == 1 for chunk in LogChunk.objects.all())


def test_its_end_is_a_failure_and_what_waits_for_it_is_told(run):
    outcome = start(run, shell("sleep 0.2; echo last words; exit 0"))
    settle(run, outcome)
    ended(run)
    Keeper(_lock=0).look()
    server = server_of(run)
    assert server.state == "FAILED"
    assert server.errors == {"error": "the service ended with exit code 0", "exit_code": 0, "output": "last words"}
    assert Keeper(_lock=0).look()
    assert not holding.all_held()


def test_one_that_was_stopped_without_its_node_is_told_by_the_next_worker(run, settings):
    settings.SERVICE_LEASE = 0.3
    settle(run, start(run, shell("exec sleep 600")))
    ended(run)
    Keeper(_lock=0).look()
    assert server_of(run).errors["error"] == "the service was stopped: its node had no worker for too long"


def test_one_that_nobody_owes_any_more_is_ended(run):
    settle(run, start(run, shell(STUBBORN)))
    left = processes_of(held_of(run))
    engine.cancel([run.pk], cause="test")
    assert server_of(run).state == "CANCELLED"
    wait_for(lambda: Keeper(_lock=0).look() and gone(left), "its end")
    wait_for(lambda: not Keeper(_lock=0).look(), "its folder to be cleared")


def test_one_whose_run_was_deleted_is_ended_and_says_nothing_more(run):
    settle(run, start(run, shell("echo lost; exec sleep 600")))
    left = processes_of(held_of(run))
    JobRun.objects.all().delete()
    wait_for(lambda: Keeper(_lock=0).look() and gone(left), "its end")
    wait_for(lambda: not Keeper(_lock=0).look(), "its folder to be cleared")
    assert said() == ""


def test_one_that_is_being_checked_is_left_to_its_attempt(run):
    start(run, shell("exit 3", "sleep 0.1; exit 1", retries=0))
    ended(run)
    Keeper(_lock=0).look()
    assert server_of(run).state == "RUNNING"


def test_a_keeper_renews_leases_while_the_database_is_away(run, monkeypatch):
    start(run, shell("exec sleep 600"))
    lease = held_of(run).folder / "lease"
    before = lease.stat().st_mtime_ns

    def away(*args, **kwargs):
        raise ConnectionError

    monkeypatch.setattr(JobRun.objects, "filter", away)
    with pytest.raises(ConnectionError):
        Keeper(_lock=0).look()
    assert lease.stat().st_mtime_ns > before


# --- stoppers ---


def test_a_stopper_ends_one_that_ignores_term(run):
    settle(run, start(run, shell(STUBBORN)))
    left = processes_of(held_of(run))
    assert stop(run).results == {"result": {"stopped": ["server"]}}
    assert gone(left)
    assert server_of(run).results["result"]["exit_code"] == -9


def test_a_stopper_of_what_has_ended_by_itself_tells_so(run):
    settle(run, start(run, shell("sleep 0.3; exit 3")))
    ended(run)
    assert stop(run).results == {"result": {"stopped": []}}
    assert server_of(run).errors["error"] == "the service ended with exit code 3"


def test_a_stopper_of_what_never_ran_has_nothing_to_do(run):
    assert stop(run, "after").results == {"result": {"stopped": []}}
    assert said("log") == "[after was not running]\n"


def test_a_keeper_that_sees_the_end_first_knows_whose_doing_it_was(run):
    settle(run, start(run, shell("exec sleep 600")))
    holding.ask_to_end(held_of(run), by="stopper")
    ended(run)
    Keeper(_lock=0).look()
    assert server_of(run).state == "SUCCESS"
    assert stop(run).state == JobRunState.SUCCESS


# --- how they are written ---


def test_no_graph_may_use_them():
    for name in ("service", "stop"):
        with pytest.raises(InvalidTask, match="of job specs alone: submit a job spec") as caught:
            drivers.check(name, "", {})
        assert caught.value.field == "driver"
        assert name not in drivers.names()


@pytest.mark.parametrize(
    ("configs", "told"),
    [
        ({}, "driver must be one of"),
        ({"driver": "service"}, "driver must be one of"),
        ({"driver": "shell"}, "needs a command"),
        ({"driver": "shell", "command": "x {{ params.a }}"}, "command: 'params' is unknown: there are nodes"),
        ({"driver": "shell", "command": 1}, "command must be text"),
        ({"driver": "exec", "command": "echo 'open"}, "No closing quotation"),
        ({"driver": "exec", "command": "x", "kwargs": {}}, "Unknown key 'kwargs'"),
        ({"driver": "exec", "command": "x", "docker": {"image": "x"}}, "Unknown key 'image'"),
        ({"driver": "exec", "command": "x", "env": []}, "env must be an object"),
        ({"driver": "exec", "command": "x", "env": {"A B": "1"}}, "no name of a variable"),
        ({"driver": "exec", "command": "x", "args": ["{{ report_url }}"]}, "args[0]: 'report_url' is unknown"),
        ({"driver": "exec", "command": "x", "docker": 1}, "docker must be an object"),
        ({"driver": "exec", "command": "x", "ready": []}, "ready must be an object"),
        ({"driver": "exec", "command": "x", "ready": {"task": []}}, "ready: unknown key 'task'"),
        ({"driver": "exec", "command": "x", "ready": {"retries": 1.5}}, "ready.retries must be a whole number"),
        ({"driver": "exec", "command": "x", "ready": {"timeout": -1}}, "ready.timeout must be a number"),
        ({"driver": "exec", "command": "x", "ready": {"tasks": [1]}}, "ready.tasks[0] must be an object"),
        (
            {"driver": "exec", "command": "x", "ready": {"tasks": [{"driver": "shell"}]}},
            "ready.tasks[0].A task of the driver shell needs a command",
        ),
        ({"driver": "exec", "command": "x", "ready": {"tasks": [{"driver": "stop"}]}}, "ready.tasks[0].driver must be one of"),
        (
            {"driver": "exec", "command": "x", "ready": {"tasks": [{"driver": "shell", "command": "x", "ready": {}}]}},
            "ready.tasks[0]: unknown key 'ready'",
        ),
    ],
)
def test_what_cannot_work_is_refused_when_it_is_compiled(configs, told):
    with pytest.raises(InvalidTask) as caught:
        drivers.check("service", "", configs, compiled=True)
    assert told in caught.value.message


def test_what_can_work_is_compiled():
    drivers.check("service", "", http_server(80, retries=-1), compiled=True)
    drivers.check(
        "service", "", {"driver": "shell", "command": "x {{ nodes.srv.ip }}", "ready": {"tasks": [asks(1)]}}, compiled=True
    )
    placed = {"args": ["{{ nodes.srv.ip }}", "{{ params.x }}"], "env": {"A": "{{ results.a }}"}}
    drivers.check("service", "", {"driver": "exec", "command": "x", **placed}, compiled=True)
    drivers.check("stop", "", {"stop": ["server"]}, compiled=True)
    wrongs: list[dict[str, Any]] = [{}, {"stop": []}, {"stop": [1]}, {"stop": "server"}]
    for wrong in wrongs:
        with pytest.raises(InvalidTask):
            drivers.check("stop", "", wrong, compiled=True)
    assert driver.SPEC.commands
