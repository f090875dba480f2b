"""Schedules over REST: made, changed, paused, previewed; wrong ones told by field."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_celery_beat.models import ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask

from api.models import AuditEntry
from dags import services as dags
from dags.models import Task
from runs.models import GraphRun
from schedules import services
from schedules.models import Firing, Schedule
from tests import factories
from tests.scheduling import database_now

pytestmark = pytest.mark.django_db

NIGHTLY = {"name": "nightly", "cron": "30 2 * * *", "timezone": "America/New_York"}


@pytest.fixture
def client() -> factories.Client:
    return factories.client()


@pytest.fixture
def graph() -> Any:
    made = factories.graph(params_schema={"properties": {"day": {"type": "string"}}})
    Task.objects.create(parent=made, name="a", key="a", driver="offline")
    return made


def create(client: factories.Client, of: Any, **fields: Any) -> Any:
    return client.post("/scheduler/schedule/create/", {**NIGHTLY, "graph": of.pk, **fields})


def path(schedule: Any, verb: str = "") -> str:
    return f"/scheduler/schedule/{schedule['id']}/{verb}"


def ring(schedule: Any) -> PeriodicTask:
    task = Schedule.objects.get(pk=schedule["id"]).periodic_task
    assert task is not None
    return task


# --- Making and changing ---


def test_a_schedule_is_made_and_shown_with_its_next_time(client: factories.Client, graph: Any) -> None:
    made = create(client, graph)
    assert made.status_code == 201
    shown = client.get(path(made.json())).json()
    assert shown == made.json()
    following = client.get(path(shown, "next/?count=1")).json()["next"]
    assert shown == {
        **{"id": shown["id"], "name": "nightly", "project": graph.project_id, "graph": graph.pk, "cron": "30 2 * * *"},
        **{"daily": False},
        **{"interval": None, "at": None, "timezone": "America/New_York", "start": None, "end": None, "params": {}},
        **{"enabled": True, "jitter": 0, "overlap": "skip", "catch_up": "one", "catch_up_window": None, "dst": "debian"},
        **{"exclude_dates": [], "next": following[0], "last": None, "created_at": shown["created_at"]},
    }


def test_all_that_can_be_told_is_kept(client: factories.Client, graph: Any) -> None:
    told = {
        **{"interval": 90, "cron": None, "start": "2030-01-01T00:00:00Z", "end": "2031-01-01T00:00:00Z", "jitter": 5},
        **{"params": {"day": "monday"}, "enabled": False, "overlap": "queue", "catch_up": "all", "catch_up_window": 3600},
        **{"dst": "twice", "exclude_dates": ["2030-12-24", "--12-25"], "timezone": "Europe/Berlin"},
    }
    made = create(client, graph, **told).json()
    assert {name: made[name] for name in told} == told
    assert made["next"] is None  # it is paused
    assert (
        client.put(path(made), {**told, "name": "x", "graph": graph.pk, "enabled": True})
        .json()["next"]
        .startswith("2030-01-01")
    )


@pytest.mark.parametrize(
    ("fields", "field", "told"),
    [
        ({"cron": "0 0 31 2 *"}, "cron", "never fires"),
        ({"cron": "* * *"}, "cron", "Give 5 fields"),
        ({"cron": "* 25 * * *"}, "cron", "Bad hour '25'"),
        ({"timezone": "Mars/Olympus"}, "timezone", "Unknown time zone"),
        ({"interval": 60}, "interval", "Give one of cron, interval and at"),
        ({"cron": None}, "cron", "Give one of"),
        ({"cron": None, "interval": 0}, "interval", "greater than or equal to 1"),
        ({"cron": None, "at": "2001-01-01T00:00:00Z"}, "at", "has passed"),
        ({"end": "2001-01-01T00:00:00Z"}, "end", "never due"),
        ({"start": "2031-01-01T00:00:00Z", "end": "2030-01-01T00:00:00Z"}, "end", "before the start"),
        ({"exclude_dates": ["soon"]}, "exclude_dates", "no date"),
        ({"params": {"day": 5}}, "params", "is not of type 'string'"),
        ({"overlap": "never"}, "overlap", "not a valid choice"),
        ({"catch_up": 1}, "catch_up", "Must be one of the choices"),
        ({"jitter": -1}, "jitter", "greater than or equal to 0"),
        ({"name": ""}, "name", "blank"),
        ({"surprise": 1}, "surprise", "Unknown field"),
        ({"graph": 10**15}, "graph", "does not exist"),
    ],
)
def test_what_makes_no_sense_is_told_by_field(
    client: factories.Client, graph: Any, fields: dict[str, Any], field: str, told: str
) -> None:
    answer = create(client, graph, **fields)
    assert (answer.status_code, list(answer.json())) == (400, [field])
    assert told in answer.json()[field][0]
    assert not Schedule.objects.exists()
    assert not PeriodicTask.objects.filter(name__startswith="schedule").exists()


def test_a_name_is_taken_once_in_a_project(client: factories.Client, graph: Any) -> None:
    assert create(client, graph).status_code == 201
    assert list(create(client, graph).json()) == ["name"]
    elsewhere = factories.graph()
    second = create(client, elsewhere).json()
    assert list(client.patch(path(second), {"graph": graph.pk}).json()) == ["name"]
    assert client.patch(path(second), {"graph": graph.pk, "name": "other"}).json()["project"] == graph.project_id


def test_another_kind_of_timing_takes_the_place_of_the_one_before(client: factories.Client, graph: Any) -> None:
    made = create(client, graph).json()
    changed = client.post(path(made), {"interval": 60}).json()
    assert (changed["cron"], changed["interval"]) == (None, 60)
    assert client.patch(path(made), {"interval": 60, "cron": "* * * * *"}).status_code == 400


def test_neither_an_edit_nor_a_resume_fires_for_a_time_that_has_passed(client: factories.Client, graph: Any) -> None:
    made = create(client, graph, catch_up="all").json()
    for change in ({"cron": "* * * * *"}, {"enabled": True}):
        client.post(path(made, "pause/"))
        Schedule.objects.update(considered_until=database_now() - timedelta(days=3))
        client.patch(path(made), {**change, "enabled": True})
        assert Schedule.objects.get().considered_until > database_now() - timedelta(minutes=1)
        assert Schedule.objects.get().due_at > database_now()  # type: ignore[operator]


def test_an_edit_that_is_not_about_time_keeps_what_is_due(client: factories.Client, graph: Any) -> None:
    made = create(client, graph).json()
    overdue = database_now() - timedelta(days=3)
    Schedule.objects.update(considered_until=overdue, due_at=overdue)
    client.patch(path(made), {"name": "renamed", "overlap": "queue", "jitter": 0})
    assert Schedule.objects.get().due_at == overdue
    client.patch(path(made), {"jitter": 60})
    assert Schedule.objects.get().considered_until == overdue


def test_deleting_leaves_its_executions(client: factories.Client, graph: Any) -> None:
    made = create(client, graph).json()
    client.post(path(made, "fire/"))
    assert client.delete(path(made)).status_code == 204
    assert client.get(path(made)).status_code == 404
    assert (GraphRun.objects.count(), Firing.objects.count()) == (1, 0)


def test_a_schedule_goes_where_its_graph_goes(client: factories.Client, graph: Any) -> None:
    made, other = create(client, graph).json(), factories.graph()
    create(client, other)
    dags.update_graphs({graph.pk: {"project": other.project}})
    shown = client.get(path(made)).json()
    assert (shown["project"], shown["name"]) == (other.project_id, f"nightly ({made['id']})")
    stranger = factories.client(user=factories.member("admin", factories.project()))
    assert stranger.get(path(made)).status_code == 404


# --- Lists ---


def test_the_list_is_narrowed_and_searched(client: factories.Client, graph: Any) -> None:
    first = create(client, graph).json()
    second = create(client, factories.graph(name="needle"), name="other", enabled=False).json()
    for query, found in [
        ("", [second, first]),
        (f"project={graph.project_id}", [first]),
        (f"graph={graph.pk}", [first]),
        ("enabled=true", [first]),
        ("enabled=false", [second]),
        ("name=nightly", [first]),
        ("search=needle", [second]),
    ]:
        assert client.get(f"/scheduler/schedule/list/?{query}").json() == found, query
    for query in ("enabled=maybe", "enabled=", "graph=x"):
        assert client.get(f"/scheduler/schedule/list/?{query}").status_code == 400, query


def test_a_list_takes_as_many_statements_for_many_as_for_few(client: factories.Client, graph: Any) -> None:
    counts = []
    for number in (1, 20):
        services.create([{"name": f"{number} {place}", "graph": graph, "interval": 60} for place in range(number)])
        with CaptureQueriesContext(connection) as captured:
            assert len(client.get("/scheduler/schedule/list/").json()) >= number
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_creating_many_takes_as_many_statements_as_creating_few(graph: Any) -> None:
    services.create([{"name": "the first", "graph": graph, "interval": 60}])  # beat's one row of changes is there
    counts = []
    for number in (1, 20):
        with CaptureQueriesContext(connection) as captured:
            services.create([{"name": f"{number} {place}", "graph": graph, "interval": 60} for place in range(number)])
        counts.append(len(captured))
    assert counts[0] == counts[1]


# --- Pausing and firing ---


def test_pause_and_resume_are_idempotent_and_written_down(client: factories.Client, graph: Any) -> None:
    made = create(client, graph).json()
    for verb, enabled in (("pause/", False), ("pause/", False), ("resume/", True), ("resume/", True)):
        answer = client.post(path(made, verb))
        assert (answer.status_code, answer.json()["enabled"], answer.json()["next"] is not None) == (200, enabled, enabled)
    actions = AuditEntry.objects.filter(object_id=made["id"]).order_by("pk").values_list("action", flat=True)
    assert list(actions) == ["schedule.create", *["schedule.pause"] * 2, *["schedule.resume"] * 2]


def test_firing_by_hand_tells_what_came_of_it(client: factories.Client, graph: Any) -> None:
    made = create(client, graph, params={"day": "monday"}).json()
    fired = client.post(path(made, "fire/"))
    assert fired.status_code == 201
    firing = fired.json()["firing"]
    assert (firing["became"], firing["by_hand"], fired.json()["last"]) == ("launched", True, firing["due"])
    run = GraphRun.objects.get(pk=firing["execution"])
    assert (run.params, run.launched_by, run.trigger) == ({"day": "monday"}, client.user, "schedule")
    assert AuditEntry.objects.get(action="schedule.fire").facts == {
        **{"firing": firing["id"], "became": "launched", "execution": run.pk}
    }
    listed = client.get(path(made, "firings/")).json()
    assert listed == [firing]


def test_a_repeated_key_fires_once(client: factories.Client, graph: Any) -> None:
    made = create(client, graph).json()
    answers = [client.post(path(made, "fire/"), headers={"Idempotency-Key": "again"}).json() for _ in range(2)]
    assert answers[0] == answers[1]
    assert GraphRun.objects.count() == 1
    created = [
        client.post(
            "/scheduler/schedule/create/", {**NIGHTLY, "name": "k", "graph": graph.pk}, headers={"Idempotency-Key": "k"}
        )
        for _ in range(2)
    ]
    assert created[0].json() == created[1].json()


def test_params_that_the_graph_no_longer_takes_are_told_and_nothing_is_launched(client: factories.Client, graph: Any) -> None:
    made = create(client, graph).json()
    dags.update_graphs({graph.pk: {"params_schema": {"required": ["day"]}}})
    answer = client.post(path(made, "fire/"))
    assert (answer.status_code, list(answer.json())) == (400, ["params"])
    assert not Firing.objects.exists()


def test_firings_are_listed_in_pages_and_narrowed(client: factories.Client, graph: Any) -> None:
    made = create(client, graph, overlap="skip").json()
    ids = [client.post(path(made, "fire/")).json()["firing"]["id"] for _ in range(3)]
    page = client.get(path(made, "firings/?limit=2"))
    assert [row["id"] for row in page.json()] == ids[:0:-1]
    rest = client.get(page.headers["Link"].split(";")[0].strip("<>")).json()
    assert [row["id"] for row in rest] == ids[:1]
    skipped = client.get(path(made, "firings/?became=skipped")).json()
    assert [(row["id"], row["reason"], row["execution"]) for row in skipped] == [
        (pk, "The run before had not ended.", None) for pk in ids[:0:-1]
    ]
    assert client.get(path(made, "firings/?became=lost")).status_code == 400


# --- What comes ---


def test_preview_shows_coming_times_and_saves_nothing(client: factories.Client) -> None:
    sent = {"cron": "30 2 * * *", "timezone": "America/New_York"}
    asked = "/scheduler/schedule/preview/?count=3&after=2027-03-13T12:00:00Z"
    assert client.post(asked, sent).json() == {
        "next": ["2027-03-14T07:00:00Z", "2027-03-15T06:30:00Z", "2027-03-16T06:30:00Z"]  # 02:30 does not exist on the 14th
    }
    assert client.post(asked, {**sent, "dst": "skip"}).json()["next"][0] == "2027-03-15T06:30:00Z"
    assert client.post(asked, {**sent, "exclude_dates": ["--03-14", "2027-03-15"]}).json()["next"][0] == "2027-03-16T06:30:00Z"
    assert client.post(asked, {"at": "2027-03-13T13:00:00+01:00"}).json() == {"next": []}
    assert client.post(asked, {"interval": 60}).json()["next"][0] == "2027-03-13T12:01:00Z"
    assert not Schedule.objects.exists()
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize(
    ("query", "field"), [("count=0", "count"), ("count=1001", "count"), ("count=x", "count"), ("after=soon", "after")]
)
def test_a_question_that_makes_no_sense_is_refused(client: factories.Client, graph: Any, query: str, field: str) -> None:
    made = create(client, graph).json()
    for answer in (
        client.get(path(made, f"next/?{query}")),
        client.post(f"/scheduler/schedule/preview/?{query}", {"interval": 60}),
    ):
        assert (answer.status_code, list(answer.json())) == (400, [field])


def test_next_shows_what_would_come_of_a_paused_schedule(client: factories.Client, graph: Any) -> None:
    made = create(client, graph, enabled=False).json()
    asked = client.get(path(made, "next/?count=2&after=2027-11-06T12:00:00Z")).json()
    assert asked == {"next": ["2027-11-07T07:30:00Z", "2027-11-08T07:30:00Z"]}


# --- What beat rings by ---


@pytest.mark.parametrize(
    ("fields", "kind", "told"),
    [
        ({}, "crontab", "30 2 * * * (m/h/dM/MY/d) America/New_York"),
        ({"cron": "0 0 1 * 1"}, "crontab", "0 0 * * * (m/h/dM/MY/d) America/New_York"),  # either day: beat would want both
        ({"cron": "0 0 L * *"}, "interval", "every 60 seconds"),
        ({"cron": "*/10 * * * * *"}, "interval", "every 60 seconds"),
        ({"cron": None, "interval": 10}, "interval", "every 10 seconds"),
        ({"cron": None, "interval": 86400}, "interval", "every 60 seconds"),
        ({"cron": None, "at": "2999-01-01T00:00:00Z"}, "clocked", "2999-01-01 00:00:00+00:00"),
    ],
)
def test_each_schedule_has_its_ring(client: factories.Client, graph: Any, fields: dict[str, Any], kind: str, told: str) -> None:
    made = create(client, graph, **fields).json()
    task = ring(made)
    assert (task.task, task.args, task.enabled) == ("schedules.tasks.fire", f"[{made['id']}]", True)
    assert str(getattr(task, kind)).startswith(told)
    assert task.one_off is (kind == "clocked")


def test_the_ring_is_what_the_schedule_is(client: factories.Client, graph: Any) -> None:
    first, second = create(client, graph).json(), create(client, graph, name="second").json()
    task = ring(first)
    client.patch(path(first), {"name": "renamed"})
    assert ring(first).pk == task.pk
    assert ring(first).crontab_id == task.crontab_id
    client.post(path(first, "pause/"))
    assert not ring(first).enabled
    client.post(path(first, "resume/"))
    client.patch(path(first), {"interval": 7})
    assert (ring(first).pk, ring(first).enabled, str(ring(first).interval)) == (task.pk, True, "every 7 seconds")
    assert CrontabSchedule.objects.filter(timezone="America/New_York").count() == 1  # the second's

    for made in (first, second):
        client.delete(path(made))
    assert not PeriodicTask.objects.filter(task="schedules.tasks.fire").exists()
    assert not CrontabSchedule.objects.filter(timezone="America/New_York").exists()
    assert not IntervalSchedule.objects.filter(every=7).exists()


def test_rings_go_with_the_project(client: factories.Client, graph: Any) -> None:
    create(client, graph, cron=None, at="2999-01-01T00:00:00Z")
    assert client.delete(f"/scheduler/project/{graph.project_id}/").status_code == 204
    assert not PeriodicTask.objects.filter(task="schedules.tasks.fire").exists()
    assert not ClockedSchedule.objects.exists()


def test_a_ring_that_somebody_has_deleted_comes_back(client: factories.Client, graph: Any) -> None:
    made = create(client, graph).json()
    ring(made).delete()
    client.patch(path(made), {"cron": "0 3 * * *"})
    assert ring(made).enabled
