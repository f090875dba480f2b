"""execution/<id>/ and what hangs below it: tasks/, progress/; execution/tasks/<id>/."""

from __future__ import annotations

import pytest
from django_celery_results.models import TaskResult

from runs.models import ExecutionGraph, GraphRun, JobRun, LogChunk, Transition
from runs.serializers import ExecutionSerializer, ExecutionSummarySerializer, TaskRunDetailSerializer, TaskRunSerializer
from tests import factories

pytestmark = pytest.mark.django_db
CONTRACT = {"graph_id", "name", "dag", "status", "state", "launch_time", "started_at", "completed_at", "task_id", "params"}
CONTRACT |= {"trigger", "tasks", "edges"}
TASK_CONTRACT = {"task_id", "parent", "template", "name", "key", "description", "command", "configs", "results", "is_py_func"}
TASK_CONTRACT |= {"driver", "errors", "status", "state", "reason", "attempt", "start_time", "ready_at", "end_time"}


@pytest.fixture
def client():
    return factories.client()


def path(run, more=""):
    return f"/scheduler/execution/{run.pk}/{more}"


def task_path(job, more=""):
    return f"/scheduler/execution/tasks/{job.pk}/{more}"


def test_it_shows_the_execution_with_its_tasks_and_edges(client):
    run = factories.run(
        {"a": "SUCCESS", "b": "FAILED"},
        [[0, 1, "done"]],
        entries={"a": {"command": "scheduler.tasks.example_func", "configs": {"args": [1]}}, "b": {"driver": "shell"}},
        params={"day": 1},
    )
    shown = client.get(path(run)).json()
    assert shown.keys() >= CONTRACT
    assert (shown["graph_id"], shown["dag"], shown["task_id"]) == (run.pk, run.graph_id, str(run.task_id))
    assert (shown["state"], shown["status"], shown["params"]) == ("FAILED", 3, {"day": 1})
    first, second = shown["tasks"]
    assert first.keys() >= TASK_CONTRACT
    a, b = factories.job(run, "a"), factories.job(run, "b")
    assert (first["task_id"], first["parent"], first["key"], first["name"]) == (a.pk, run.pk, "a", "A")
    assert (first["command"], first["configs"], first["driver"], first["is_py_func"]) == (
        "scheduler.tasks.example_func",
        {"args": [1]},
        "python",
        1,
    )
    assert (first["results"], first["errors"], first["state"], first["status"]) == ({"result": "a"}, None, "SUCCESS", 2)
    assert first["template"] == run.execution_graph.spec["tasks"][0]["template"]
    assert (second["driver"], second["is_py_func"], second["description"], second["configs"]) == ("shell", 2, "", None)
    assert (second["errors"], second["status"]) == ({"error": "b broke"}, 3)
    assert shown["edges"] == [{"task_from": a.pk, "task_to": b.pk, "condition": "done"}]


def test_the_document_tells_of_exactly_what_is_shown(client):
    run = factories.run()
    shown = client.get(path(run)).json()
    assert list(shown) == list(ExecutionSerializer().fields)
    assert list(shown["tasks"][0]) == list(TaskRunSerializer().fields)
    assert list(client.get(task_path(factories.job(run, "a"))).json()) == list(TaskRunDetailSerializer().fields)
    assert list(client.get("/scheduler/execution/list/").json()[0]) == list(ExecutionSummarySerializer().fields)


def test_an_execution_whose_tasks_do_not_exist_yet_has_none(client):
    run = factories.run({"a": "PENDING", "b": "PENDING"}, [[0, 1]], expanded=False)
    shown = client.get(path(run)).json()
    assert (shown["tasks"], shown["edges"], shown["task_count"]) == ([], [], 2)
    assert client.get(path(run, "progress/")).json()["tasks"] == {}
    assert client.get(path(run, "tasks/")).json() == []


@pytest.mark.parametrize("more", ["", "tasks/", "progress/", "events/"])
def test_it_costs_a_constant_number_of_queries(client, more, django_assert_max_num_queries):
    run = factories.run({f"t{i}": "SUCCESS" for i in range(20)}, [[0, i] for i in range(1, 20)])
    for i in range(20):
        factories.transition(run, f"t{i}")
    with django_assert_max_num_queries(4):
        assert client.get(path(run, more)).status_code == 200


@pytest.mark.parametrize("more", ["", "tasks/", "progress/", "events/"])
def test_what_is_not_yours_is_not_found(more):
    run, other = factories.run(), factories.project()
    answer = factories.client(project=other).get(path(run, more))
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert factories.client(project=run.project).get(path(run, more)).status_code == 200


def test_the_tasks_are_listed_in_order_filtered_and_paged(client):
    run = factories.run({f"t{i}": "FAILED" if i % 2 else "SUCCESS" for i in range(5)}, entries={"t3": {"description": "third"}})
    answer = client.get(path(run, "tasks/?limit=2"))
    assert [task["key"] for task in answer.json()] == ["t0", "t1"]
    following = answer.headers["Link"].split(">")[0].lstrip("<")
    assert [task["key"] for task in client.get(following).json()] == ["t2", "t3"]
    failed = client.get(path(run, "tasks/?state=FAILED")).json()
    assert [(task["key"], task["description"]) for task in failed] == [("t1", ""), ("t3", "third")]
    assert [task["key"] for task in client.get(path(run, "tasks/?key=t4")).json()] == ["t4"]
    assert client.get(path(run, "tasks/?state=NONE")).status_code == 400


def test_progress_counts_by_state_and_tells_each_task(client):
    run = factories.run({"a": "SUCCESS", "b": "SUCCESS", "c": "RUNNING"})
    assert client.get(path(run, "progress/")).json() == {
        "state": "RUNNING",
        "task_count": 3,
        "counts": {"SUCCESS": 2, "RUNNING": 1},
        "tasks": {"a": "SUCCESS", "b": "SUCCESS", "c": "RUNNING"},
    }


@pytest.mark.parametrize("verb", ["post", "patch"])
def test_note_and_labels_can_be_changed(client, verb):
    run = factories.run()
    answer = getattr(client, verb)(path(run), {"note": " kept as it is\n", "labels": {"team": "data"}})
    assert (answer.status_code, answer.json()["note"], answer.json()["labels"]) == (200, " kept as it is\n", {"team": "data"})
    assert getattr(client, verb)(path(run), {"note": ""}).json()["labels"] == {"team": "data"}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"state": "SUCCESS"}, "state"),
        ({"status": 2, "note": "x"}, "status"),
        ({"params": {}}, "params"),
        ({"nonsense": 1}, "nonsense"),
        ({"note": None}, "note"),
        ({"note": "x" * 10_001}, "note"),
        ({"labels": ["a"]}, "labels"),
        ({"labels": {"a": {"b": 1}}}, "labels"),
        ({"labels": {str(i): "" for i in range(51)}}, "labels"),
    ],
)
def test_anything_else_is_refused_by_name(client, body, field):
    run = factories.run()
    answer = client.post(path(run), body)
    assert (answer.status_code, list(answer.json())) == (400, [field])
    run.refresh_from_db()
    assert (run.note, run.labels, run.state) == ("", {}, "SUCCESS")


def test_annotating_needs_the_scope_run_and_deleting_edit():
    run = factories.run()
    assert factories.client(scopes=["read", "edit"]).post(path(run), {"note": "x"}).status_code == 403
    assert factories.client(scopes=["run"]).post(path(run), {"note": "x"}).status_code == 200
    assert factories.client(scopes=["read", "run"]).delete(path(run)).status_code == 403
    assert factories.client().put(path(run), {"note": "x"}).status_code == 405


def test_a_finished_execution_is_deleted_with_all_that_belongs_to_it(client):
    run, other = factories.run(), factories.run()
    for each in (run, other):
        factories.transition(each, "a")
        factories.log(factories.job(each, "a"), "hello")
        TaskResult.objects.create(task_id=str(each.task_id))
    assert client.delete(path(run)).status_code == 204
    assert client.get(path(run)).status_code == 404
    for model, left in ((GraphRun, 1), (JobRun, 1), (Transition, 1), (LogChunk, 1), (TaskResult, 1), (ExecutionGraph, 2)):
        assert model.objects.count() == left, model


def test_an_unfinished_execution_is_not_deleted(client):
    run = factories.run({"a": "RUNNING"})
    answer = client.delete(path(run))
    assert (answer.status_code, answer.json()["code"], answer.json()["state"]) == (409, "unfinished", "RUNNING")
    assert JobRun.objects.count() == 1


def test_one_task_is_shown_with_its_settings(client):
    run = factories.run({"a": "SUCCESS", "b": "SUCCESS"}, entries={"b": {"retries": 3, "timeout": 2.5, "auto_report": False}})
    shown = client.get(task_path(factories.job(run, "b"))).json()
    assert shown.keys() >= TASK_CONTRACT
    assert (shown["key"], shown["retries"], shown["timeout"], shown["auto_report"]) == ("b", 3, 2.5, False)
    assert shown["waiting_for"] is None
    assert client.get("/scheduler/execution/tasks/999999/").status_code == 404


def test_one_task_is_shown_without_fetching_the_whole_spec(client, django_assert_num_queries):
    run = factories.run({f"t{i}": "SUCCESS" for i in range(50)}, entries={"t7": {"description": "seventh"}})
    job = factories.job(run, "t7")
    with django_assert_num_queries(3) as queries:  # the token, the job run, its entry
        assert client.get(task_path(job)).json()["description"] == "seventh"
    of_the_spec = [query["sql"] for query in queries if '"spec"' in query["sql"]]
    assert len(of_the_spec) == 1
    assert "jsonb_path_query_array" in of_the_spec[0]


def test_one_task_tells_of_each_try_where_it_was_and_what_became_of_it(client):
    run = factories.run({"a": "FAILED", "b": "RUNNING", "c": "PENDING"})
    job = factories.job(run, "a", attempt=2, ran_on="n2@bench")
    for attempt, host, to, cause in [(1, "n1@bench", "QUEUED", "worker lost"), (2, "n2@bench", "FAILED", "finished by worker")]:
        factories.transition(run, "a", attempt=attempt, ran_on=host)
        factories.transition(run, "a", attempt=attempt, origin="RUNNING", to=to, cause=cause)
    shown = client.get(task_path(job)).json()
    assert (shown["attempt"], shown["ran_on"]) == (2, "n2@bench")
    tries = [(one["attempt"], one["ran_on"], one["outcome"]) for one in shown["attempts"]]
    assert tries == [(1, "n1@bench", "lost"), (2, "n2@bench", "FAILED")]
    assert all(one["start_time"] <= one["end_time"] for one in shown["attempts"])
    [goes_on] = client.get(task_path(factories.job(run, "b", ran_on="bench"))).json()["attempts"]
    assert (goes_on["ran_on"], goes_on["outcome"], goes_on["end_time"]) == ("bench", None, None)
    assert client.get(task_path(factories.job(run, "c"))).json()["attempts"] == []
