"""Performing a work: whatever happens in it is an outcome."""

import types

import pytest

from dags import drivers as known
from runs.states import JobRunState
from scheduler import drivers
from scheduler.work import Outcome
from tests.works import did, said, unwatched

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _unwatched():
    with unwatched():
        yield


def test_every_driver_is_known_to_those_who_write_graphs():
    assert {name for name, driver in drivers.DRIVERS.items() if not driver.SPEC.compiled} <= set(known.names())
    assert {"python", "shell", "exec", "offline"} <= set(drivers.DRIVERS)
    assert [known.number(name) for name in ("offline", "python", "shell", "exec")] == [0, 1, 2, 2]


def test_an_unknown_driver_fails_for_good():
    outcome = did("teleport", "x", auto_report=False)
    assert outcome == Outcome(
        state=JobRunState.FAILED, errors={"error": "unknown driver 'teleport'"}, permanent=True, final=True
    )


@pytest.mark.parametrize("driver", ["python", "shell", "exec", "offline"])
def test_a_template_that_fails_names_the_key_and_starts_nothing(driver, tmp_path):
    configs = {"args": ["x", "{{ results.fetch }}"]}
    outcome = did(driver, f"touch {tmp_path}/canary", configs=configs, auto_report=False)
    assert outcome.errors == {"error": "configs.args[1]: there is no 'fetch'"}
    assert outcome.permanent
    assert list(tmp_path.iterdir()) == []


def test_a_driver_that_breaks_is_an_outcome(monkeypatch):
    def run(work, log, stop):
        raise RuntimeError("broken \x00 driver")

    monkeypatch.setitem(drivers.DRIVERS, "broken", types.SimpleNamespace(run=run))
    outcome = did("broken", "x")
    assert outcome.state == JobRunState.FAILED
    assert outcome.errors["error"] == "broken \ufffd driver"
    assert "RuntimeError" in outcome.errors["traceback"]
    assert not outcome.permanent


def test_a_driver_that_breaks_leaves_its_words_in_the_log(monkeypatch):
    def run(work, log, stop):
        log.note("last words")
        raise RuntimeError

    monkeypatch.setitem(drivers.DRIVERS, "broken", types.SimpleNamespace(run=run))
    assert did("broken", "x").errors["error"] == "RuntimeError()"
    assert said("log") == "last words\n"


NODES = {"srv": {"name": "n1", "ip": "10.0.0.2", "hostname": "db"}}


@pytest.mark.parametrize("line", ["echo {{ nodes.srv.ip }} $A $1", 'echo {{ nodes["srv"].ip }} $A $1'])
def test_work_of_a_placed_run_names_its_nodes_in_its_line_and_its_configs(line):
    configs = {"args": ["{{ nodes.srv.name }}"], "env": {"A": "{{ nodes.srv.hostname }}"}}
    assert did("shell", line, nodes=NODES, configs=configs).results == {"result": "10.0.0.2 db n1\n"}


def test_a_line_of_a_placed_run_takes_nothing_else_for_a_template():
    outcome = did("shell", "echo '{{ params.x }} {{.State}}'", nodes=NODES, params={"x": "injected"})
    assert outcome.results == {"result": "{{ params.x }} {{.State}}\n"}


def test_what_a_shell_could_misread_never_gets_into_a_line():
    outcome = did("shell", "echo {{ nodes.srv.hostname }}", nodes={"srv": {"hostname": "$(reboot)"}})
    assert outcome.state == JobRunState.FAILED
    assert "cannot be put into a shell line" in outcome.errors["error"]
