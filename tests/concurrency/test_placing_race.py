"""Placers at once: no node is ever given to two runs, and none stays free while a run waits that could have it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

import pytest
from django.db import connection

from runs import spec
from runs.models import GraphRun
from runs.states import GRAPH_UNFINISHED
from scheduler import dispatch, engine
from scheduler.launching import Content, Launch, launch
from scheduler.specs import placing
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 15
NODES = ("n1", "n2", "n3", "n4", "n5")


@pytest.fixture(autouse=True)
def without_broker(monkeypatch: pytest.MonkeyPatch, no_sweep: None) -> None:
    monkeypatch.setattr(dispatch, "ring_on_commit", list)
    monkeypatch.setattr(placing, "place_on_commit", list)  # the threads are to place them


def submitted(count: int, project_id: int) -> list[int]:
    """Launch runs that need two nodes each."""
    tasks = {key: {"key": key, "name": key, "on": key, "command": "x"} for key in "ab"}
    content = Content(
        project_id=project_id, spec=spec.write(name="race", tasks=tasks, nodes=[{"name": "a"}, {"name": "b"}], deadline=3600)
    )
    return [run.pk for run in launch([Launch(content=content) for _ in range(count)])]


def together(*acts: Callable[[], object]) -> None:
    """Do all of it at once, each in a thread of its own."""
    barrier, faults = threading.Barrier(len(acts)), list[BaseException]()

    def work(act: Callable[[], object]) -> None:
        try:
            barrier.wait(timeout=60)
            act()
        except BaseException as fault:
            faults.append(fault)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults, faults


def held() -> dict[int, list[str]]:
    runs = GraphRun.objects.filter(state__in=GRAPH_UNFINISHED, placement__isnull=False)
    return {run.pk: [node["name"] for node in run.placement.values()] for run in runs}


@pytest.mark.timeout(120)
def test_placers_at_once_never_give_one_node_to_two_runs() -> None:
    project = factories.project()
    for name in NODES:
        factories.node(name, silent_for=-600)  # alive for as long as this takes
    waiting = submitted(3, project.pk)
    for _ in range(ROUNDS):
        together(placing.place, placing.place, placing.place)

        given = held()
        names = [name for of_run in given.values() for name in of_run]
        assert sorted(given) == sorted(waiting)[:2]  # the oldest two of three, on four of five nodes
        assert len(set(names)) == len(names) == 4

        *ending, third = sorted(waiting)
        together(placing.place, *(partial(engine.cancel, [run], cause="race") for run in ending))
        waiting = [third, *submitted(2, project.pk)]


@pytest.mark.timeout(120)
def test_a_run_is_placed_or_cancelled_and_never_half_of_both() -> None:
    project = factories.project()
    for name in NODES:
        factories.node(name, silent_for=-600)
    for _ in range(ROUNDS):
        (run,) = submitted(1, project.pk)
        together(placing.place, partial(engine.cancel, [run], cause="race"))
        stands = GraphRun.objects.get(pk=run)
        states = set(stands.job_runs.values_list("state", flat=True))
        assert stands.state == "CANCELLED"
        assert states == (set() if stands.placement is None else {"CANCELLED"})
        assert held() == {}
