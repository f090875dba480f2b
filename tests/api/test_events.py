"""execution/<id>/events/: the transitions of a run, as a list and live."""

from __future__ import annotations

import copy
import time

import pytest
from django.db import connection
from rest_framework.test import APIClient

from runs import live
from runs.models import GraphRun, JobRun, Transition
from tests import factories
from tests.api.streams import follow

pytestmark = pytest.mark.django_db
alive = pytest.mark.django_db(transaction=True)


def path(run, query=""):
    return f"/scheduler/execution/{run.pk}/events/{query}"


def end(run):
    """Let the run end as the engine would."""
    moved = factories.transition(run, to="SUCCESS", origin="RUNNING")
    GraphRun.objects.filter(pk=run.pk).update(state="SUCCESS", completed_at=moved.at)
    live.announce([run.pk], final=True)
    return moved


def test_they_are_listed_oldest_first():
    run, other = factories.run({"a": "RUNNING"}), factories.run()
    first = factories.transition(run, "a", ran_on="n1@bench")
    second = factories.transition(run, to="CANCELLED", origin="PENDING", reason="No node has the role srv.")
    factories.transition(other, "a")
    shown = factories.client().get(path(run)).json()
    assert [event["id"] for event in shown] == [first.pk, second.pk]
    assert shown[0] == {
        "id": first.pk,
        "execution": run.pk,
        "task_id": first.job_run_id,
        "key": "a",
        "from_state": "QUEUED",
        "to_state": "RUNNING",
        "attempt": 1,
        "cause": "test",
        "reason": None,
        "ran_on": "n1@bench",
        "at": first.at.isoformat().replace("+00:00", "Z"),
    }
    assert (shown[1]["task_id"], shown[1]["key"], shown[1]["attempt"], shown[1]["ran_on"]) == (None, None, None, None)
    assert shown[1]["reason"] == "No node has the role srv."


def test_they_are_paged_by_the_last_one_read():
    run, client = factories.run({"a": "RUNNING"}), factories.client()
    ids = [factories.transition(run, "a").pk for _ in range(5)]
    answer = client.get(path(run, "?limit=2"))
    assert [event["id"] for event in answer.json()] == ids[:2]
    following = answer.headers["Link"].split(">")[0].lstrip("<")
    assert [event["id"] for event in client.get(following).json()] == ids[2:4]
    last = client.get(path(run, f"?after={ids[3]}"))
    assert [event["id"] for event in last.json()] == ids[4:]
    assert "Link" not in last.headers


@pytest.mark.parametrize("after", ["x", "-1", "1.5", "9" * 30, "%00", ""])
def test_a_bad_place_is_refused(after):
    answer = factories.client().get(path(factories.run(), f"?after={after}"))
    assert (answer.status_code, list(answer.json())) == (400, ["after"])


def test_the_transitions_of_one_task_are_listed():
    run = factories.run({"a": "SUCCESS", "b": "SUCCESS"})
    factories.transition(run, "a")
    wanted = factories.transition(run, "b")
    shown = factories.client().get(f"/scheduler/execution/tasks/{wanted.job_run_id}/events/").json()
    assert [event["id"] for event in shown] == [wanted.pk]


def test_errors_of_a_stream_are_json():
    client = factories.client(project=factories.project())
    answer = client.get(path(factories.run()), headers={"Accept": "text/event-stream"})
    assert (answer.status_code, answer.headers["Content-Type"], answer.json()["code"]) == (404, "application/json", "not_found")
    refused = APIClient().get(path(factories.run()), headers={"Accept": "text/event-stream"})
    assert (refused.status_code, refused.headers["Content-Type"]) == (401, "application/json")


@alive
def test_a_finished_run_is_told_and_ended(server):
    run = factories.run()
    ids = [factories.transition(run, "a").pk for _ in range(3)]
    with follow(server + path(run), factories.client().token) as events:
        told = list(events)
    assert [(event.id, event.event) for event in told] == [*((pk, "transition") for pk in ids), (None, "end")]
    assert told[0].data["key"] == "a"


@alive
def test_a_stream_resumes_where_it_was(server):
    run, token = factories.run(), factories.client().token
    ids = [factories.transition(run, "a").pk for _ in range(3)]
    with follow(server + path(run), token, **{"Last-Event-ID": str(ids[1])}) as events:
        assert [event.id for event in events] == [ids[2], None]
    with follow(server + path(run, f"?after={ids[0]}"), token) as events:
        assert [event.id for event in events] == [ids[1], ids[2], None]


@alive
def test_what_happens_is_told_at_once_and_without_holding_a_connection(server):
    run = factories.run({"a": "RUNNING"})
    first = factories.transition(run, "a")
    before = _connections_of_the_server()
    with follow(server + path(run), factories.client().token) as events:
        assert next(events).id == first.pk
        delays = []
        for _ in range(5):
            _wait_until_no_more_are_connected(before)
            moved = factories.transition(run, "a")
            rung = time.monotonic()
            live.announce([run.pk])
            assert next(events).id == moved.pk
            delays.append(time.monotonic() - rung)
        assert min(delays) < 0.4, delays  # by the tick alone each would be about a second
        last = end(run)
        assert [(event.id, event.event) for event in events] == [(last.pk, "transition"), (None, "end")]


@alive
def test_a_lost_bell_costs_a_second(server):
    run = factories.run({"a": "RUNNING"})
    with follow(server + path(run), factories.client().token) as events:
        for _ in range(2):
            moved = factories.transition(run, "a")
            began = time.monotonic()
            assert next(events).id == moved.pk
            assert time.monotonic() - began < 2.5


@alive
def test_reported_progress_is_told(server):
    run = factories.run({"a": "WAITING"})
    with follow(server + path(run), factories.client().token) as events:
        for progress in (0.4, 0.8):
            JobRun.objects.update(progress={"progress": progress, "message": "files"})
            live.announce([run.pk])
            told = next(events)
            assert (told.event, told.id) == ("progress", None)
            assert told.data == {"task_id": factories.job(run, "a").pk, "key": "a", "progress": progress, "message": "files"}


@alive
def test_more_than_one_look_holds_arrives_in_order(server):
    run = factories.run()
    first = factories.transition(run, "a")
    copies = [copy.copy(first) for _ in range(1099)]
    for one in copies:
        one.pk = None
    ids = [first.pk, *(one.pk for one in Transition.objects.bulk_create(copies))]
    with follow(server + path(run), factories.client().token) as events:
        assert [event.id for event in events] == [*ids, None]


@alive
def test_a_stream_ends_when_its_run_is_deleted(server):
    run = factories.run({"a": "RUNNING"})
    with follow(server + path(run), factories.client().token) as events:
        JobRun.objects.all().delete()
        GraphRun.objects.all().delete()
        assert [event.event for event in events] == ["end"]


def _wait_until_no_more_are_connected(before: int) -> None:
    limit = time.monotonic() + 5
    while _connections_of_the_server() > before:
        assert time.monotonic() < limit, "a viewer holds a connection"
        time.sleep(0.01)


def _connections_of_the_server() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'web'"
            " AND backend_type = 'client backend'"
        )
        return int(cursor.fetchone()[0])
