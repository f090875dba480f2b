"""execution/tasks/<id>/logs/: what a task wrote, as text, as JSON, as JSON lines, and live."""

from __future__ import annotations

import json

import pytest
from django.utils import timezone

from runs import live
from runs.models import JobRun
from tests import factories
from tests.api.streams import follow

pytestmark = pytest.mark.django_db
alive = pytest.mark.django_db(transaction=True)


def path(job, query=""):
    return f"/scheduler/execution/tasks/{job.pk}/logs/{query}"


@pytest.fixture
def job():
    return factories.job(factories.run({"a": "RUNNING"}), "a")


def end(job):
    """Let the task end as the engine would."""
    JobRun.objects.filter(pk=job.pk).update(state="SUCCESS", completed_at=timezone.now())
    live.announce([job.graph_run_id], final=True)


def test_it_is_text_unless_told_otherwise(job):
    factories.log(job, "one\n", "tw", "o <b>é</b>\n")
    answer = factories.client().get(path(job))
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/plain; charset=utf-8")
    assert answer.content.decode() == "one\ntwo <b>é</b>\n"


@pytest.mark.parametrize("query", ["?format=json", ""])
def test_it_can_be_json(job, query):
    [chunk] = factories.log(job, "oops\n", stream="err")
    [shown] = factories.client().get(path(job, query), headers={"Accept": "application/json"}).json()
    at = chunk.at.isoformat().replace("+00:00", "Z")
    assert shown == {"seq": chunk.pk, "attempt": 1, "stream": "err", "at": at, "text": "oops\n"}


def test_it_can_be_json_lines(job):
    chunks = factories.log(job, "one\n", "two\n")
    answer = factories.client().get(path(job), headers={"Accept": "application/x-ndjson"})
    assert answer.headers["Content-Type"] == "application/x-ndjson"
    assert [json.loads(line)["seq"] for line in answer.content.splitlines()] == [chunk.pk for chunk in chunks]


def test_it_is_read_on_from_a_place(job):
    client, chunks = factories.client(), factories.log(job, "1", "2", "3", "4", "5")
    answer = client.get(path(job, f"?after={chunks[0].pk}&limit=2"))
    assert answer.content == b"23"
    assert client.get(answer.headers["Link"].split(">")[0].lstrip("<")).content == b"45"
    assert client.get(path(job, f"?after={chunks[-1].pk}")).content == b""


def test_errors_are_json_whatever_was_asked_for(job):
    client = factories.client()
    for accept in ("text/plain", "application/x-ndjson", "text/event-stream"):
        answer = client.get(path(job, "?after=x"), headers={"Accept": accept})
        assert (answer.status_code, answer.headers["Content-Type"], list(answer.json())) == (400, "application/json", ["after"])
    assert client.get(path(job), headers={"Accept": "image/png"}).status_code == 406


def test_the_log_of_another_project_is_not_found(job):
    factories.log(job, "secret")
    answer = factories.client(project=factories.project()).get(path(job))
    assert (answer.status_code, b"secret" in answer.content) == (404, False)


@alive
def test_it_is_followed_live_until_the_task_ends(server, job):
    chunks = factories.log(job, "before\n")
    with follow(server + path(job), factories.client().token) as events:
        told = [next(events)]
        for text in ("one\nwith two lines\n", "id: 7\n\nevent: end\n"):
            chunks += factories.log(job, text)
            live.announce([job.graph_run_id])
            told.append(next(events))
        chunks += factories.log(job, "after\n")
        end(job)
        told += events
    assert [(event.id, event.event) for event in told] == [*((chunk.pk, "log") for chunk in chunks), (None, "end")]
    assert [event.data["text"] for event in told[:-1]] == [chunk.text for chunk in chunks]


@alive
def test_the_stream_resumes_where_it_was(server):
    job = factories.job(factories.run({"a": "SUCCESS"}), "a")
    chunks = factories.log(job, "1", "2", "3")
    with follow(server + path(job), factories.client().token, **{"Last-Event-ID": str(chunks[1].pk)}) as events:
        assert [event.id for event in events] == [chunks[2].pk, None]
