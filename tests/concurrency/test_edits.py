"""Edits at the same moment: legal alone, not together."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

import pytest
from django.db import connection, transaction

from api.errors import CeleriacError
from dags import services
from dags.errors import Cycle, InvalidGraph, InvalidTask
from dags.models import Edge, Graph, Project, Task
from dags.services.locks import lock_graphs
from tests.blueprints import whole
from tests.running import somebody_waits_for_a_lock, wait_for

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 10


def at_once(*edits: Callable[[], object]) -> list[CeleriacError | None]:
    """Begin the edits together, each in a thread and on a connection of its own; return what each raised."""
    barrier = threading.Barrier(len(edits))
    raised: list[CeleriacError | None] = [None] * len(edits)

    def work(index: int, edit: Callable[[], object]) -> None:
        barrier.wait(10)
        try:
            edit()
        except CeleriacError as error:
            raised[index] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=pair) for pair in enumerate(edits)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not any(thread.is_alive() for thread in threads)
    return raised


def make(keys: str, *edges: str) -> tuple[Graph, dict[str, Task]]:
    (graph,) = services.create_graphs([whole(keys, edges)])
    return graph, {task.key: task for task in Task.objects.filter(parent=graph)}


def edge(tasks: dict[str, Task], start: str, end: str) -> Callable[[], object]:
    return lambda: services.create_edges([{"task_from": tasks[start], "task_to": tasks[end]}])


def test_two_edges_that_make_a_cycle_together_are_not_both_kept() -> None:
    for _ in range(ROUNDS):
        graph, tasks = make("abcd", "a>b", "c>d")
        raised = at_once(edge(tasks, "b", "c"), edge(tasks, "d", "a"))
        assert [type(error) for error in raised if error] == [Cycle]
        assert Edge.objects.filter(graph=graph).count() == 3
        assert Graph.objects.get(pk=graph.pk).revision == 2


def test_the_same_edge_twice_is_kept_once() -> None:
    for _ in range(ROUNDS):
        graph, tasks = make("ab")
        raised = at_once(edge(tasks, "a", "b"), edge(tasks, "a", "b"))
        assert [error.code for error in raised if error] == ["duplicate_edge"]
        assert Edge.objects.filter(graph=graph).count() == 1


def test_an_edge_and_a_replacement_do_not_make_a_cycle() -> None:
    for _ in range(ROUNDS):
        graph, tasks = make("ab")
        at_once(edge(tasks, "a", "b"), partial(services.update_graphs, {graph.pk: whole("ab", ["b>a"])}))
        pairs = set(Edge.objects.filter(graph=graph).values_list("task_from__key", "task_to__key"))
        assert pairs == {("b", "a")}  # the edge came first and was replaced, or last and was refused


def test_two_tasks_made_from_one_name_get_keys_of_their_own() -> None:
    graph, _ = make("")
    row = {"parent": graph, "name": "same", "driver": "offline"}
    raised = at_once(*[lambda: services.create_tasks([row])] * 4)
    assert raised == [None] * 4
    assert set(graph.tasks.values_list("key", flat=True)) == {"same", "same_2", "same_3", "same_4"}


def test_two_tasks_do_not_get_the_same_key() -> None:
    _, tasks = make("ab")
    raised = at_once(*[partial(services.update_tasks, {tasks[key].pk: {"key": "c"}}) for key in "ab"])
    assert [type(error) for error in raised if error] == [InvalidTask]


def test_an_edge_to_a_task_that_is_being_deleted_is_refused_or_deleted_with_it() -> None:
    for _ in range(ROUNDS):
        graph, tasks = make("ab")
        raised = at_once(edge(tasks, "a", "b"), partial(services.delete_tasks, [tasks["b"].pk]))
        assert raised[1] is None
        assert not Edge.objects.filter(graph=graph).exists()


def test_the_default_project_is_made_once() -> None:
    Project.objects.all().delete()
    assert at_once(*[lambda: services.create_graphs([{"name": "g"}])] * 4) == [None] * 4
    assert Project.objects.count() == 1


def test_replacements_of_many_graphs_do_not_wait_for_each_other_for_ever() -> None:
    pks = [graph.pk for graph in services.create_graphs([whole("ab", ["a>b"]) for _ in range(5)])]
    there = {pk: whole("bc", ["b>c"]) for pk in pks}
    back = {pk: whole("cd", ["c>d"]) for pk in reversed(pks)}
    assert at_once(lambda: services.update_graphs(there), lambda: services.update_graphs(back)) == [None, None]
    assert set(Graph.objects.values_list("revision", flat=True)) == {3}


def test_a_refused_bulk_keeps_nothing() -> None:
    with pytest.raises(InvalidGraph):
        services.create_graphs([whole("ab", ["a>b"]), whole("a", ["a>z"])])
    assert not Graph.objects.exists()


def test_who_deletes_a_project_lets_a_launch_come_to_its_end() -> None:
    graph, _ = make("ab")
    deleting = threading.Thread(target=at_once, args=[partial(services.delete_projects, [graph.project_id])])
    with transaction.atomic():
        lock_graphs([graph.pk])  # as whoever launches it or fires its schedules does first
        deleting.start()
        wait_for(somebody_waits_for_a_lock, "the deletion at the graph")
        # And does last: if this waited for the deletion, and that for the graph, one of the two would be broken off.
        Project.objects.select_for_update(no_key=True, nowait=True).get(pk=graph.project_id)
    deleting.join(30)
    assert not Project.objects.filter(pk=graph.project_id).exists()
