"""Reports: the table of answers, by id, by key and by one-time key."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from runs.models import JobRun, Transition
from runs.states import JobRunState
from scheduler import engine
from scheduler.report_keys import digest
from scheduler.reports import Answer, Report, Seen, decide, report_to
from tests import factories

pytestmark = pytest.mark.django_db
ONE_TIME_KEY = "x" * 43


@pytest.fixture
def client():
    return factories.client(scopes=["read", "report"])


def by_id(client, run, key, body):
    return client.post(f"/scheduler/execution/tasks/{factories.job(run, key).pk}/report/", body)


def by_key(client, key, body, query=""):
    return client.post(f"/scheduler/execution/report-by-key/{key}/{query}", body)


def by_one_time_key(key, body):
    return APIClient().post(f"/scheduler/execution/report/{key}/", body)


def test_a_waiting_task_succeeds_and_releases_its_children(client):
    run = factories.run({"upload": "WAITING", "next": "PENDING"}, [[0, 1]])
    factories.job(run, "next", waiting_on=1)
    answer = by_id(client, run, "upload", {"success": True, "result": {"number": 10232}})
    assert answer.status_code == 200
    shown = answer.json()
    assert (shown["state"], shown["results"], shown["errors"]) == ("SUCCESS", {"result": {"number": 10232}}, None)
    assert "duplicate" not in shown
    assert factories.job(run, "next").state == JobRunState.QUEUED
    assert Transition.objects.filter(job_run=factories.job(run, "upload"), cause="report").count() == 1


@pytest.mark.parametrize(
    ("body", "state", "results", "errors"),
    [
        ({}, "FAILED", None, {"error": {}}),
        ({"result": "disk full"}, "FAILED", None, {"error": "disk full"}),
        ({"success": False, "result": None}, "FAILED", None, {"error": None}),
        ({"success": True}, "SUCCESS", {"result": {}}, None),
        ({"success": True, "result": [1, "é", None]}, "SUCCESS", {"result": [1, "é", None]}, None),
        ({"success": True, "progress": 1, "message": "done"}, "SUCCESS", {"result": {}}, None),
    ],
)
def test_what_is_missing_has_a_meaning(client, body, state, results, errors):
    run = factories.run({"upload": "WAITING"})
    shown = by_id(client, run, "upload", body).json()
    assert (shown["state"], shown["results"], shown["errors"]) == (state, results, errors)


def test_the_same_outcome_again_is_a_duplicate(client):
    run = factories.run({"upload": "WAITING"})
    for body in ({"success": True, "result": 1}, {"success": True, "result": 1}):
        answer = by_id(client, run, "upload", body)
        assert (answer.status_code, answer.json()["state"]) == (200, "SUCCESS")
    assert answer.json()["duplicate"] is True
    assert Transition.objects.filter(job_run__isnull=False).count() == 1


@pytest.mark.parametrize("body", [{"success": False}, {"success": True, "result": "another"}, {"progress": 0.5}])
def test_another_outcome_is_a_conflict_that_tells_the_recorded_state(client, body):
    run = factories.run({"upload": "SUCCESS"})
    answer = by_id(client, run, "upload", body)
    assert (answer.status_code, answer.json()["state"], answer.json()["code"]) == (409, "SUCCESS", "outcome_recorded")
    assert factories.job(run, "upload").results == {"result": "upload"}


@pytest.mark.parametrize("state", ["PENDING", "QUEUED", "RUNNING"])
def test_a_task_that_does_not_wait_refuses_an_outcome(client, state):
    run = factories.run({"upload": state})
    answer = by_id(client, run, "upload", {"success": True})
    assert (answer.status_code, answer.json()["code"], answer.json()["state"]) == (409, "not_waiting", state)
    assert by_key(client, "upload", {"success": True}).status_code == 404
    assert factories.job(run, "upload").state == state


@pytest.mark.parametrize("entry", [{"auto_report": False}, {"driver": "offline"}])
def test_a_running_task_whose_own_end_does_not_finish_it_takes_an_outcome(client, entry):
    run = factories.run({"upload": "RUNNING"}, entries={"upload": entry})
    assert by_id(client, run, "upload", {"success": True}).json()["state"] == "SUCCESS"


def test_a_reported_failure_is_retried_while_retries_are_left(client):
    run = factories.run({"upload": "WAITING"}, entries={"upload": {"retries": 1}})
    shown = by_id(client, run, "upload", {"success": False, "result": "no"}).json()
    assert (shown["state"], shown["errors"]) == ("QUEUED", {"error": "no"})


def test_progress_is_shown_and_extends_the_wait(client):
    run = factories.run({"upload": "WAITING"})
    soon = timezone.now()
    factories.job(run, "upload", timeout=3600, deadline_at=soon)
    answer = by_id(client, run, "upload", {"progress": 0.4, "message": "4 of 10"})
    assert (answer.status_code, answer.json()["state"]) == (200, "WAITING")
    assert answer.json()["progress"] == {"progress": 0.4, "message": "4 of 10"}
    assert timedelta(seconds=3500) < (factories.job(run, "upload").deadline_at or soon) - soon < timedelta(seconds=3700)
    assert not Transition.objects.exists()


def test_progress_without_a_timeout_leaves_the_deadline(client):
    run, deadline = factories.run({"upload": "RUNNING"}), timezone.now()
    factories.job(run, "upload", deadline_at=deadline)
    assert by_id(client, run, "upload", {"progress": 1}).json()["progress"] == {"progress": 1.0, "message": ""}
    assert factories.job(run, "upload").deadline_at == deadline


def test_progress_of_a_task_that_has_not_started_is_refused(client):
    assert by_id(client, factories.run({"upload": "QUEUED"}), "upload", {"progress": 0.1}).json()["code"] == "not_waiting"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"success": "true"}, "success"),
        ({"success": 1}, "success"),
        ({"success": None}, "success"),
        ({"progress": 1.01}, "progress"),
        ({"progress": -0.1}, "progress"),
        ({"progress": "0.5"}, "progress"),
        ({"progress": True}, "progress"),
        ({"progress": 0.5, "message": {"a": 1}}, "message"),
        ({"sucess": True}, "sucess"),
    ],
)
def test_a_bad_report_is_refused_by_name_and_changes_nothing(client, body, field):
    run = factories.run({"upload": "WAITING"})
    answer = by_id(client, run, "upload", body)
    assert (answer.status_code, list(answer.json())) == (400, [field])
    assert factories.job(run, "upload").state == "WAITING"


@pytest.mark.parametrize("body", ["[]", '"x"', "1", "null", '{"success": NaN}', '{"a": 1, "a": 2}', "{"])
def test_a_body_that_is_no_object_is_refused(client, body):
    run = factories.run({"upload": "WAITING"})
    path = f"/scheduler/execution/tasks/{factories.job(run, 'upload').pk}/report/"
    assert client.post(path, body, content_type="application/json").status_code == 400
    assert factories.job(run, "upload").state == "WAITING"


def test_a_result_that_is_too_large_is_refused(client, settings):
    settings.MAX_RESULT = 100
    run = factories.run({"upload": "WAITING"})
    answer = by_id(client, run, "upload", {"success": True, "result": "é" * 60})
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert factories.job(run, "upload").state == "WAITING"


# --- By key ---


def test_by_key_the_most_recently_started_waiting_task_is_meant(client):
    runs = [factories.run({"upload": "WAITING"}) for _ in range(3)]
    factories.run({"upload": "RUNNING"})
    factories.job(runs[1], "upload", started_at=timezone.now())
    assert client.get("/scheduler/execution/report-by-key/upload/").json()["parent"] == runs[1].pk
    assert by_key(client, "upload", {"success": True}).json()["parent"] == runs[1].pk
    assert by_key(client, "upload", {"success": True}).json()["parent"] == runs[2].pk
    assert by_key(client, "upload", {"success": True}, f"?execution={runs[0].pk}").json()["parent"] == runs[0].pk
    answer = by_key(client, "upload", {"success": True})
    assert (answer.status_code, answer.json()["code"]) == (404, "no_waiting_task")


def test_by_key_a_running_task_that_owes_a_report_is_found(client):
    run = factories.run({"upload": "RUNNING"}, entries={"upload": {"auto_report": False}})
    assert by_key(client, "upload", {"success": True}).json()["parent"] == run.pk


def test_a_key_may_be_any_text(client):
    run = factories.run({"été / 1": "WAITING"})
    assert by_key(client, "%C3%A9t%C3%A9%20%2F%201", {"success": True}).json()["parent"] == run.pk
    assert by_key(client, "a%00b", {"success": True}).status_code == 404
    assert by_key(client, "x" * 5000, {"success": True}).status_code == 404


def test_a_bad_execution_is_refused(client):
    answer = by_key(client, "upload", {"success": True}, "?execution=x")
    assert (answer.status_code, list(answer.json())) == (400, ["execution"])


def test_reports_need_the_scope_and_the_project():
    run = factories.run({"upload": "WAITING"})
    weak = factories.client(scopes=["read", "run", "edit"])
    stranger = factories.client(project=factories.project())
    assert by_id(weak, run, "upload", {"success": True}).status_code == 403
    assert by_key(weak, "upload", {"success": True}).status_code == 403
    assert by_id(stranger, run, "upload", {"success": True}).status_code == 404
    assert by_key(stranger, "upload", {"success": True}).status_code == 404
    assert by_key(APIClient(), "upload", {"success": True}).status_code == 401
    assert factories.job(run, "upload").state == "WAITING"


# --- By one-time key ---


def test_a_one_time_key_reports_once_without_a_token():
    run = factories.run({"upload": "RUNNING"}, entries={"upload": {"auto_report": False}})
    factories.job(run, "upload", report_digest=digest(ONE_TIME_KEY))
    assert by_one_time_key(ONE_TIME_KEY, {"progress": 0.5}).json()["progress"]["progress"] == 0.5
    assert by_one_time_key(ONE_TIME_KEY, {"success": True}).json()["state"] == "SUCCESS"
    assert by_one_time_key(ONE_TIME_KEY, {"success": True}).status_code == 404


@pytest.mark.parametrize("key", ["y" * 43, "x" * 42, "", "%00", "a/b", "..%2F..%2Fetc", "x" * 10_000, "%0A", "%ED%A0%80", "é"])
def test_a_key_that_is_not_known_gets_one_and_the_same_answer(key):
    run = factories.run({"upload": "WAITING", "done": "SUCCESS"})
    factories.job(run, "upload", report_digest=digest(ONE_TIME_KEY))
    factories.job(run, "done", report_digest=digest("z" * 43))
    expired = by_one_time_key("z" * 43, {"success": True})
    answer = by_one_time_key(key, {"success": True})
    assert (answer.status_code, answer.content) == (404, expired.content)
    assert expired.json()["code"] == "unknown_report_key"


def test_a_one_time_key_does_not_end_what_reports_itself():
    run = factories.run({"a": "RUNNING"})
    factories.job(run, "a", report_digest=digest(ONE_TIME_KEY))
    assert by_one_time_key(ONE_TIME_KEY, {"success": True}).json()["code"] == "not_waiting"


# --- The table ---

SUCCESS, FAILURE, PROGRESS = Report(success=True, result=1), Report(result="no"), Report(progress=0.5)
APPLY, DUPLICATE, CONFLICT, NOT_WAITING = Answer.APPLY, Answer.DUPLICATE, Answer.CONFLICT, Answer.NOT_WAITING


@pytest.mark.parametrize(
    ("state", "expects", "on_success", "on_failure", "on_progress"),
    [
        ("PENDING", True, NOT_WAITING, NOT_WAITING, NOT_WAITING),
        ("QUEUED", True, NOT_WAITING, NOT_WAITING, NOT_WAITING),
        ("RUNNING", False, NOT_WAITING, NOT_WAITING, APPLY),
        ("RUNNING", True, APPLY, APPLY, APPLY),
        ("WAITING", False, APPLY, APPLY, APPLY),
        ("SUCCESS", True, DUPLICATE, CONFLICT, CONFLICT),
        ("FAILED", True, CONFLICT, DUPLICATE, CONFLICT),
        ("SKIPPED", True, CONFLICT, CONFLICT, CONFLICT),
        ("CANCELLED", True, CONFLICT, CONFLICT, CONFLICT),
    ],
)
def test_the_table_of_answers(state, expects, on_success, on_failure, on_progress):
    results = {"result": 1} if state == "SUCCESS" else None
    errors = {"error": "no"} if state == "FAILED" else None
    seen = Seen(state=state, results=results, errors=errors, expects=expects)
    assert [decide(seen, report) for report in (SUCCESS, FAILURE, PROGRESS)] == [on_success, on_failure, on_progress]


def test_of_reports_at_the_same_time_one_is_applied(client, monkeypatch):
    """Somebody is quicker between our look and our write: the second look decides."""
    run = factories.run({"upload": "WAITING"})
    job = factories.job(run, "upload")
    settle = engine.settle

    def overtaken(*args, **kwargs):
        monkeypatch.setattr(engine, "settle", settle)
        assert report_to(job.pk, Report(success=True, result=1)) is False
        return settle(*args, **kwargs)

    monkeypatch.setattr(engine, "settle", overtaken)
    assert report_to(job.pk, Report(success=True, result=1)) is True
    assert json.dumps(JobRun.objects.get(pk=job.pk).results) == '{"result": 1}'
