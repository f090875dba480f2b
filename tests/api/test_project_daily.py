"""A project's daily schedule over REST: the hour and the zone on the project, the policies on the schedule."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from api.models import AuditEntry
from runs.models import GraphRun
from schedules.models import Schedule
from tests import factories

pytestmark = pytest.mark.django_db

SCHEDULES = "/scheduler/schedule/list/"
CREATE = "/scheduler/schedule/create/"


@pytest.fixture
def client() -> factories.Client:
    return factories.client()


@pytest.fixture
def project(client: factories.Client) -> dict[str, Any]:
    sent = {"name": "team", "daily_at": "06:30", "timezone": "Asia/Kathmandu"}
    made = client.post("/scheduler/project/create/", sent)
    assert made.status_code == 201
    assert {name: made.json()[name] for name in sent} == sent
    return made.json()


def sheet(client: factories.Client, project: dict[str, Any], name: str = "orders", **fields: Any) -> dict[str, Any]:
    sent = {"name": name, "project": project["id"], "source": "https://sheets.example/a.csv", "table": name, **fields}
    made = client.post("/scheduler/job/sheet/create/", sent)
    assert made.status_code == 201, made.json()
    return made.json()


def path(schedule: dict[str, Any], verb: str = "") -> str:
    return f"/scheduler/schedule/{schedule['id']}/{verb}"


def daily(client: factories.Client, project: dict[str, Any]) -> dict[str, Any]:
    [found] = client.get(f"{SCHEDULES}?project={project['id']}&daily=true").json()
    return found


def test_it_is_shown_while_a_job_is_scheduled(client: factories.Client, project: dict[str, Any]) -> None:
    job = sheet(client, project, is_scheduled=True)
    shown = daily(client, project)
    told = {"name": "daily", "project": project["id"], "graph": None, "daily": True, "cron": "30 6 * * *"}
    assert {name: shown[name] for name in told} == told
    assert (shown["timezone"], shown["next"][11:]) == ("Asia/Kathmandu", "00:45:00Z")
    assert client.get(path(shown)).json() == shown
    assert client.get(path(shown, "next/?count=2")).json()["next"][0] == shown["next"]

    moved = client.patch(f"/scheduler/project/{project['id']}/", {"daily_at": "23:05", "timezone": "Asia/Kolkata"})
    assert (moved.status_code, moved.json()["daily_at"]) == (200, "23:05")
    assert (daily(client, project)["id"], daily(client, project)["next"][11:]) == (shown["id"], "17:35:00Z")

    assert client.patch(f"/scheduler/job/sheet/{job['id']}/", {"is_scheduled": False}).status_code == 200
    assert client.get(f"{SCHEDULES}?project={project['id']}").json() == []
    assert client.get(path(shown)).status_code == 404


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"daily_at": "24:00"}, "daily_at"),
        ({"daily_at": "06:30:15"}, "daily_at"),
        ({"daily_at": "soon"}, "daily_at"),
        ({"daily_at": 6}, "daily_at"),
        ({"daily_at": None}, "daily_at"),
        ({"timezone": "Asia/Kathmandoo"}, "timezone"),
        ({"timezone": ""}, "timezone"),
        ({"timezone": 5}, "timezone"),
    ],
)
def test_what_is_no_time_of_day_or_zone_is_refused(
    client: factories.Client, project: dict[str, Any], fields: dict[str, Any], field: str
) -> None:
    for answer in (
        client.patch(f"/scheduler/project/{project['id']}/", fields),
        client.post("/scheduler/project/create/", {"name": "new", **fields}),
    ):
        assert (answer.status_code, list(answer.json())) == (400, [field])
    assert client.get(f"/scheduler/project/{project['id']}/").json() == project


def test_its_policies_may_be_changed_and_what_is_shown_sent_back(client: factories.Client, project: dict[str, Any]) -> None:
    sheet(client, project, is_scheduled=True)
    shown = daily(client, project)
    policies = {
        **{"overlap": "queue", "catch_up": "all", "catch_up_window": 86400, "jitter": 60, "exclude_dates": ["--12-25"]},
        **{"params": {"force": True}, "enabled": True, "dst": "skip", "name": "each morning"},
    }
    changed = client.patch(path(shown), policies)
    assert (changed.status_code, {name: changed.json()[name] for name in policies}) == (200, policies)
    assert client.put(path(shown), changed.json()).json() == changed.json()
    assert client.post(path(shown, "pause/")).json()["enabled"] is False
    assert client.post(path(shown, "resume/")).json()["next"] == shown["next"]


def test_its_timing_its_target_and_its_end_are_not_its_own(client: factories.Client, project: dict[str, Any]) -> None:
    sheet(client, project, is_scheduled=True)
    shown = daily(client, project)
    graph = factories.graph()
    for fields in (
        {"cron": "0 1 * * *"},
        {"interval": 60},
        {"at": "2999-01-01T00:00:00Z"},
        {"timezone": "UTC"},
        {"start": "2999-01-01T00:00:00Z"},
        {"end": "2999-01-01T00:00:00Z"},
    ):
        answer = client.patch(path(shown), fields)
        assert (answer.status_code, list(answer.json())) == (400, list(fields))
        assert "daily_at" in answer.json()[next(iter(fields))][0]
    for fields in ({"graph": graph.pk}, {"project": graph.project_id}):
        answer = client.patch(path(shown), fields)
        assert (answer.status_code, list(answer.json())) == (400, list(fields))
    gone = client.delete(path(shown))
    assert (gone.status_code, gone.json()["code"]) == (409, "follows_jobs")
    assert client.get(path(shown)).json() == shown


def test_firing_it_by_hand_launches_what_is_scheduled(client: factories.Client, project: dict[str, Any]) -> None:
    sheet(client, project, "a", is_scheduled=True)
    sheet(client, project, "b")
    fired = client.post(path(daily(client, project), "fire/"))
    assert fired.status_code == 201
    run = GraphRun.objects.get(pk=fired.json()["firing"]["execution"])
    assert (list(run.job_runs.values_list("key", flat=True)), run.launched_by) == (["a"], client.user)
    shown = client.get(f"/scheduler/execution/{run.pk}/").json()
    assert (shown["dag"], shown["trigger"], shown["name"]) == (None, "schedule", "team")
    [listed] = client.get(path(daily(client, project), "firings/")).json()
    assert listed["execution"] == run.pk


def test_further_schedules_of_a_project_are_made_moved_and_deleted(client: factories.Client, project: dict[str, Any]) -> None:
    weekly = client.post(CREATE, {"name": "weekly", "project": project["id"], "cron": "0 6 * * 1"})
    assert weekly.status_code == 201
    shown = weekly.json()
    assert (shown["graph"], shown["project"], shown["daily"]) == (None, project["id"], False)
    assert client.post(CREATE, {"name": "weekly", "project": project["id"], "interval": 60}).status_code == 400
    assert client.post(path(shown, "fire/")).json()["code"] == "nothing_to_run"
    graph = factories.graph()
    assert client.patch(path(shown), {"cron": "0 7 * * 1"}).json()["cron"] == "0 7 * * 1"
    assert client.patch(path(shown), {"project": graph.project_id}).json()["project"] == graph.project_id
    aimed = client.patch(path(shown), {"graph": graph.pk}).json()
    assert (aimed["graph"], aimed["project"]) == (graph.pk, graph.project_id)
    refused = client.patch(path(shown), {"project": project["id"]})
    assert (refused.status_code, list(refused.json())) == (400, ["project"])
    back = client.patch(path(shown), {"graph": None, "project": project["id"]}).json()
    assert (back["graph"], back["project"]) == (None, project["id"])
    assert client.delete(path(shown)).status_code == 204


def test_a_schedule_is_of_a_graph_or_of_a_project(client: factories.Client, project: dict[str, Any]) -> None:
    graph = factories.graph()
    for fields, field in (
        ({}, "graph"),
        ({"graph": None}, "graph"),
        ({"graph": graph.pk, "project": project["id"]}, "project"),
        ({"graph": graph.pk, "project": graph.project_id}, "project"),
        ({"project": 10**15}, "project"),
        ({"project": None}, "project"),
    ):
        answer = client.post(CREATE, {"name": "n", "interval": 60, **fields})
        assert (answer.status_code, list(answer.json())) == (400, [field]), fields
    assert not Schedule.objects.exists()


def test_a_project_of_others_is_nobody_s_to_schedule(client: factories.Client, project: dict[str, Any]) -> None:
    stranger = factories.client(user=factories.member("admin", factories.project()))
    answer = stranger.post(CREATE, {"name": "n", "interval": 60, "project": project["id"]})
    assert (answer.status_code, list(answer.json())) == (400, ["project"])
    sheet(client, project, is_scheduled=True)
    assert stranger.get(path(daily(client, project))).status_code == 404


def test_the_trail_tells_of_the_project_s_hour(client: factories.Client, project: dict[str, Any]) -> None:
    client.patch(f"/scheduler/project/{project['id']}/", {"daily_at": "07:00", "timezone": "UTC"})
    facts = AuditEntry.objects.get(action="project.update").facts
    assert facts["timezone"] == ["Asia/Kathmandu", "UTC"]
    assert "daily_at" in facts


def test_a_list_takes_as_many_statements_for_many_projects_as_for_one(client: factories.Client) -> None:
    counts = []
    for number in (1, 10):
        for place in range(number):
            made = client.post("/scheduler/project/create/", {"name": f"{number} {place}"}).json()
            sheet(client, made, is_scheduled=True)
        with CaptureQueriesContext(connection) as captured:
            assert len(client.get(SCHEDULES).json()) >= number
        counts.append(len(captured))
    assert counts[0] == counts[1]
