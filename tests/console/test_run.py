"""The run page: what it shows to whom, how small it stays, what it does."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from api.models import AuditEntry
from runs.models import GraphRun, JobRun
from tests import factories
from tests.fuzz.naughty import STRINGS

pytestmark = pytest.mark.django_db

SCRIPTED = {"HX-Request": "true"}


def shown(client: Client, path: str, **headers: str) -> str:
    answer = client.get(path, headers=headers)
    assert answer.status_code == 200, answer.content
    return answer.content.decode()


def task_path(run: GraphRun, key: str, deed: str = "") -> str:
    return f"/runs/{run.pk}/tasks/{factories.job(run, key).pk}/{deed}"


def rows(client: Client, run: GraphRun) -> dict[str, dict[str, Any]]:
    """Return the tasks that the page is told of, by key."""
    told = client.get(f"/runs/{run.pk}/data/").json()
    found = [dict(zip(told["columns"], row, strict=True)) for row in told["tasks"]]
    return {row["key"]: {**row, "state": told["states"][row["state"]]} for row in found}


# --- What is seen ---


def test_the_head_tells_what_runs_and_what_can_be_done(boss: Client, signed_in: Callable[..., Client]) -> None:
    run = factories.run({"a": "SUCCESS", "b": "RUNNING"}, params={"month": "2026-11"}, note="by hand")
    text = shown(boss, f"/runs/{run.pk}/")
    assert f"#{run.pk}</span></h1>" in text
    assert "2026-11" in text
    assert "by hand" in text
    assert f"/runs/{run.pk}/cancel" in text
    assert f"/runs/{run.pk}/cancel" not in shown(signed_in("viewer", run.project), f"/runs/{run.pk}/")
    head = shown(boss, f"/runs/{run.pk}/", **SCRIPTED, **{"HX-Target": "head"})
    assert "<html" not in head
    assert f"/runs/{run.pk}/cancel" in head


def test_an_ended_run_offers_to_be_run_again_and_tells_of_its_reruns(boss: Client) -> None:
    run = factories.run({"a": "FAILED"})
    rerun = factories.run(of=run.graph, parent_run=run, trigger="rerun")
    text = shown(boss, f"/runs/{run.pk}/")
    assert f"/runs/{run.pk}/rerun" in text
    assert f'<a href="/runs/{rerun.pk}">#{rerun.pk}</a>' in text
    assert f'rerun of <a href="/runs/{run.pk}">#{run.pk}</a>' in shown(boss, f"/runs/{rerun.pk}/")


@pytest.mark.parametrize("path", ["", "data/", "picture/", "tasks/{task}/", "tasks/{task}/log/"])
def test_what_is_another_projects_is_not_there(signed_in: Callable[..., Client], path: str) -> None:
    run, mine = factories.run(), factories.project()
    task = factories.job(run, "a").pk
    stranger = signed_in("admin", mine)
    assert stranger.get(f"/runs/{run.pk}/{path.format(task=task)}").status_code == 404
    assert stranger.get(f"/runs/{'9' * 18}/{path.format(task='9' * 18)}").status_code == 404


def test_a_task_is_found_in_its_own_run_only(boss: Client) -> None:
    run, other = factories.run(), factories.run()
    assert boss.get(f"/runs/{other.pk}/tasks/{factories.job(run, 'a').pk}/").status_code == 404


def test_the_rows_tell_where_each_task_stands(boss: Client) -> None:
    run = factories.run({"a": "SUCCESS", "b": "WAITING", "c": "PENDING"}, [[0, 1], [1, 2]])
    factories.job(run, "a", ran_on="press@mill", completed_at=run.created_at + timedelta(seconds=90))
    factories.job(run, "b", progress={"progress": 0.4, "message": "half way"}, reason="x" * 500)
    told = boss.get(f"/runs/{run.pk}/data/").json()
    found = rows(boss, run)
    assert [row["state"] for row in found.values()] == ["SUCCESS", "WAITING", "PENDING"]
    assert found["a"]["ended"] == 90_000
    assert told["workers"][found["a"]["worker"]] == "press@mill"
    assert found["b"]["progress"]["message"] == "half way"
    assert len(found["b"]["reason"]) == 200
    assert told["edges"] == [0, 1, 1, 2]
    assert found["c"]["started"] is None


def test_the_events_that_follow_the_rows_miss_nothing(boss: Client) -> None:
    run = factories.run({"a": "RUNNING"})
    last = factories.transition(run, "a")
    assert boss.get(f"/runs/{run.pk}/data/").json()["after"] == last.pk


def test_a_task_that_was_tried_again_tells_of_each_try(boss: Client) -> None:
    run = factories.run({"a": "SUCCESS", "b": "SUCCESS"})
    factories.job(run, "a", attempt=3)
    for host, to in [("n1@mill", "QUEUED"), ("press", "QUEUED"), ("n1@mill", "SUCCESS")]:
        factories.transition(run, "a", ran_on=host)
        factories.transition(run, "a", origin="RUNNING", to=to)
    told = boss.get(f"/runs/{run.pk}/data/").json()
    tries = [(outcome, told["workers"][worker]) for *_, outcome, worker in told["attempts"]["0"]]
    assert tries == [("FAILED", "n1@mill"), ("FAILED", "press"), ("SUCCESS", "n1@mill")]
    assert "1" not in told["attempts"]
    text = shown(boss, task_path(run, "a"))
    assert text.count("Failed</span>") == 2
    assert text.count("<td>n1@mill</td>") == 2


def test_a_first_try_has_ended_while_its_task_waits_for_the_next(boss: Client) -> None:
    run = factories.run({"a": "QUEUED"})
    factories.job(run, "a", attempt=1, started_at=run.created_at)
    factories.transition(run, "a")
    factories.transition(run, "a", origin="RUNNING", to="QUEUED", cause="worker lost")
    [(number, _, ended, outcome, _)] = boss.get(f"/runs/{run.pk}/data/").json()["attempts"]["0"]
    assert (number, outcome) == (1, "lost")
    assert ended is not None


def test_groups_of_a_spec_are_told_by_number(boss: Client) -> None:
    entries = {key: {"group": ["press", "juice", key], "on": f"n{key}"} for key in "ab"}
    run = factories.run({"a": "SUCCESS", "b": "PENDING", "c": "PENDING"}, entries=entries)
    told = boss.get(f"/runs/{run.pk}/data/").json()
    assert told["groups"] == [["press", "juice", "na"], ["press", "juice", "nb"]]
    assert [row["group"] for row in rows(boss, run).values()] == [0, 1, None]


def test_a_run_without_its_tasks_yet_tells_what_will_be(boss: Client) -> None:
    run = factories.run({"a": "PENDING", "b": "PENDING"}, state="PENDING", expanded=False, reason="No node has the role srv.")
    assert {row["id"] for row in rows(boss, run).values()} == {None}
    text = shown(boss, f"/runs/{run.pk}/")
    assert "No node has the role srv." in text
    assert 'Pending <span class="count">2</span>' in text


def test_the_picture_places_each_task(boss: Client) -> None:
    run = factories.run({"a": "SUCCESS", "b": "SUCCESS", "c": "SUCCESS"}, [[0, 1], [0, 2]])
    told = boss.get(f"/runs/{run.pk}/picture/").json()
    assert len(told["places"]) == 3
    assert len(told["paths"]) == 2


@pytest.mark.parametrize(
    ("earlier", "told"),
    [
        ([], ""),
        ([("SUCCESS", "manual", 60), ("SUCCESS", "manual", 90), ("SUCCESS", "schedule", 600)], "90.0"),
        ([("FAILED", "manual", 60), ("SUCCESS", "rerun", 5), ("SUCCESS", "manual", 30)], "30.0"),
    ],
)
def test_the_estimate_is_the_median_of_earlier_successes(boss: Client, earlier: list[Any], told: str) -> None:
    graph = factories.graph()
    for state, trigger, seconds in earlier:
        run = factories.run({"a": state}, of=graph, trigger=trigger)
        GraphRun.objects.filter(pk=run.pk).update(completed_at=run.started_at + timedelta(seconds=seconds))  # type: ignore[operator]
    text = shown(boss, f"/runs/{factories.run({'a': 'RUNNING'}, of=graph).pk}/")
    assert f'data-usual="{told}"' in text


# --- A task ---


def test_a_task_tells_what_it_is_and_came_to(boss: Client) -> None:
    entries = {"b": {"driver": "shell", "command": "make juice", "description": "Presses.", "configs": {"env": {"A": "1"}}}}
    run = factories.run({"a": "SUCCESS", "b": "FAILED"}, [[0, 1]], entries=entries)
    factories.job(run, "b", errors={"error": "jammed", "traceback": "line 7", "exit_code": 3})
    text = shown(boss, task_path(run, "b"))
    for said in ("make juice", "Presses.", "jammed", "line 7", "exit_code", 'data-task-key="a"', "Rerun from here"):
        assert said in text, said
    assert "&quot;result&quot;: &quot;a&quot;" in shown(boss, task_path(run, "a"))


def test_a_long_result_is_cut_and_says_so(boss: Client) -> None:
    run = factories.run({"a": "SUCCESS"})
    factories.job(run, "a", results={"result": "x" * 100_000})
    text = shown(boss, task_path(run, "a"))
    assert "more characters" in text
    assert len(text) < 30_000


def test_a_task_says_why_it_waits(boss: Client) -> None:
    run = factories.run({"a": "WAITING", "b": "PENDING", "c": "QUEUED"}, [[0, 1]], entries={"a": {"driver": "offline"}})
    assert "Waiting for a report under the key a." in shown(boss, task_path(run, "a"))
    assert "Waiting for a (WAITING)." in shown(boss, task_path(run, "b"))
    assert "No live worker consumes the queue default." in shown(boss, task_path(run, "c"))


def test_the_log_is_a_file(boss: Client) -> None:
    run = factories.run({"a/<b>": "SUCCESS"})
    factories.log(factories.job(run, "a/<b>"), "one\n", "<b>two</b>\n")
    answer = boss.get(task_path(run, "a/<b>", "log/"))
    assert b"".join(answer.streaming_content) == b"one\n<b>two</b>\n"  # type: ignore[attr-defined]
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["Content-Disposition"].startswith("attachment")


# --- What is done ---


def test_an_operator_reports_and_it_is_written_down(signed_in: Callable[..., Client]) -> None:
    run = factories.run({"a": "WAITING"}, entries={"a": {"driver": "offline"}})
    operator = signed_in("operator", run.project)
    assert "Report by hand" in shown(operator, task_path(run, "a"))
    body = {"success": "true", "result": '{"by": "me"}'}
    answer = operator.post(task_path(run, "a", "report/"), body, headers=SCRIPTED)
    assert answer.status_code == 204
    assert json.loads(answer.headers["HX-Trigger"])["told"] == {"text": "a is reported: success.", "level": "success"}
    job = factories.job(run, "a")
    assert (job.state, job.results) == ("SUCCESS", {"result": {"by": "me"}})
    assert AuditEntry.objects.get(action="task_run.report").facts == {"success": True}
    assert (
        operator.post(task_path(run, "a", "report/"), body, headers=SCRIPTED).status_code == 204
    )  # once more: nothing changes
    assert AuditEntry.objects.filter(action="task_run.report").count() == 1
    assert operator.post(task_path(run, "a", "report/"), {"success": "false"}).status_code == 409


@pytest.mark.parametrize("result", ["{", "NaN", '{"a": 1, "a": 2}', '"\\u0000"', "[" * 100_000])
def test_a_result_that_is_no_json_is_refused_by_field(boss: Client, result: str) -> None:
    run = factories.run({"a": "WAITING"}, entries={"a": {"driver": "offline"}})
    answer = boss.post(task_path(run, "a", "report/"), {"success": "true", "result": result}, headers=SCRIPTED)
    assert answer.status_code == 400
    assert json.loads(answer.headers["HX-Trigger"])["told"]["field"] == "result"
    assert factories.job(run, "a").state == "WAITING"


def test_too_many_reports_have_to_wait(boss: Client, settings: Any) -> None:
    settings.REPORT_LIMIT = 0
    run = factories.run({"a": "WAITING"}, entries={"a": {"driver": "offline"}})
    assert boss.post(task_path(run, "a", "report/"), {"success": "true"}).status_code == 429


def test_a_run_is_cancelled_and_it_is_written_down(signed_in: Callable[..., Client]) -> None:
    run = factories.run({"a": "WAITING"})
    assert signed_in("operator", run.project).post(f"/runs/{run.pk}/cancel/").status_code == 302
    assert GraphRun.objects.get(pk=run.pk).state == "CANCELLED"
    assert AuditEntry.objects.get(action="execution.cancel").object_id == run.pk


@pytest.mark.parametrize(
    ("asked", "states"),
    [
        ({"from": "failed"}, ["SUCCESS", "QUEUED", "PENDING"]),
        ({"from": "start"}, ["QUEUED", "PENDING", "PENDING"]),
        ({"key": "a"}, ["QUEUED", "PENDING", "PENDING"]),
        ({"from": "failed", "params": '{"x": 2}', "revision": "same"}, ["SUCCESS", "QUEUED", "PENDING"]),
    ],
)
def test_a_run_is_run_again_from_where_it_is_asked(boss: Client, asked: dict[str, str], states: list[str]) -> None:
    run = factories.run({"a": "SUCCESS", "b": "FAILED", "c": "SKIPPED"}, [[0, 1], [1, 2]], params={"x": 1})
    answer = boss.post(f"/runs/{run.pk}/rerun/", asked, headers=SCRIPTED)
    fresh = GraphRun.objects.get(parent_run=run)
    assert answer.headers["HX-Redirect"] == f"/runs/{fresh.pk}"
    assert list(fresh.job_runs.order_by("node").values_list("state", flat=True)) == states
    assert fresh.params == ({"x": 2} if "params" in asked else {"x": 1})
    assert AuditEntry.objects.get(action="execution.rerun").facts["execution"] == fresh.pk


@pytest.mark.parametrize(
    ("asked", "status", "field"),
    [
        ({"from": "nowhere"}, 400, "from"),
        ({"key": "unknown"}, 400, "from"),
        ({"params": "[1]"}, 400, "params"),
        ({"params": "{"}, 400, "params"),
        ({"revision": "odd"}, 400, "revision"),
        ({"from": "failed"}, 409, None),
    ],
)
def test_a_rerun_that_makes_no_sense_is_refused(boss: Client, asked: dict[str, str], status: int, field: str | None) -> None:
    run = factories.run({"a": "SUCCESS"})
    answer = boss.post(f"/runs/{run.pk}/rerun/", asked, headers=SCRIPTED)
    assert answer.status_code == status
    assert json.loads(answer.headers["HX-Trigger"])["told"].get("field") == field
    assert not GraphRun.objects.filter(parent_run=run).exists()


@pytest.mark.parametrize("deed", ["cancel/", "rerun/", "tasks/{task}/report/"])
def test_a_viewer_does_nothing(signed_in: Callable[..., Client], deed: str) -> None:
    run = factories.run({"a": "WAITING"})
    viewer = signed_in("viewer", run.project)
    path = f"/runs/{run.pk}/{deed.format(task=factories.job(run, 'a').pk)}"
    assert viewer.post(path).status_code == 403
    assert signed_in("admin", factories.project()).post(path).status_code == 404
    assert factories.job(run, "a").state == "WAITING"
    assert "Report by hand" not in shown(viewer, task_path(run, "a"))


# --- Text of users ---


def test_text_of_users_is_text(boss: Client) -> None:
    bad = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
    entries = {bad: {"name": bad, "description": bad, "command": bad, "driver": "offline", "configs": {bad: bad}}}
    fields: dict[str, Any] = {
        "params": {bad: bad},
        "note": bad,
        "labels": {bad: bad},
        "reason": bad,
        "placement": {bad: {"name": bad}},
    }
    run = factories.run({bad: "WAITING"}, entries=entries, of=factories.graph(name=bad), **fields)
    factories.job(run, bad, reason=bad, results={bad: bad}, errors={"error": bad, "traceback": bad, bad: bad}, queue=bad)
    for path in (f"/runs/{run.pk}/", task_path(run, bad)):
        text = shown(boss, path)
        assert "<script>alert" not in text
        assert "<img src=x" not in text
    assert boss.get(f"/runs/{run.pk}/data/").headers["Content-Type"] == "application/json"


def test_naughty_strings_are_told_as_they_are(boss: Client) -> None:
    texts = [text for text in STRINGS if "\x00" not in text and text.encode("utf-8", "ignore").decode() == text]
    keys = {f"{number}{text}"[:200]: "SUCCESS" for number, text in enumerate(texts)}
    run = factories.run(keys)
    assert list(rows(boss, run)) == list(keys)
    for key in list(keys)[::9]:
        shown(boss, task_path(run, key))


# --- Cost ---


@pytest.mark.parametrize("size", [2, 60])
def test_the_number_of_queries_does_not_grow(boss: Client, size: int) -> None:
    graph = factories.graph()
    for _ in range(3):
        factories.run(of=graph)
    states = {f"t{number}": ("FAILED", "RUNNING")[number % 2] for number in range(size)}
    run = factories.run(states, [[0, number] for number in range(1, size)], of=graph)
    JobRun.objects.filter(graph_run=run).update(attempt=2, claimed_by=factories.worker().pk)
    for key in states:
        factories.transition(run, key)
    parts = {"": PAGE, "data/": DATA, "picture/": PICTURE, f"tasks/{factories.job(run, 't1').pk}/": TASK}
    for part, most in parts.items():
        boss.get(f"/runs/{run.pk}/{part}")  # what a process keeps once it has it
        with CaptureQueriesContext(connection) as asked:
            shown(boss, f"/runs/{run.pk}/{part}")
        assert len(asked) == most, (part, [one["sql"][:120] for one in asked])


PAGE, DATA, PICTURE, TASK = 5, 7, 3, 5  # queries, session and user among them


def test_a_run_of_5000_tasks_is_small(boss: Client) -> None:
    keys = [f"shard_{number}" for number in range(5000)]
    edges = [
        [before, number] for number in range(100, 5000) for before in (number - 100, number - 100 - number % 7) if before >= 0
    ]
    states = {key: ("SUCCESS", "RUNNING", "PENDING")[number % 3] for number, key in enumerate(keys)}
    run = factories.run(states, [list(pair) for pair in sorted({tuple(edge) for edge in edges})])
    worker = factories.worker().pk
    JobRun.objects.filter(graph_run=run).update(claimed_by=worker, started_at=timezone.now())
    sent = 0
    for part in ("", "data/", "picture/"):
        answer = boss.get(f"/runs/{run.pk}/{part}", headers={"Accept-Encoding": "gzip"})
        assert answer.status_code == 200
        assert gzip.decompress(answer.content)
        sent += len(answer.content)
    assert sent < 300_000, sent  # the scripts, styles and htmx are some 60 KB more
