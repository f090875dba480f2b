"""Every list of the admin: a constant number of queries, filters that hold, and a page for what has none of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from api.models import AuditEntry, Membership, Token
from dags.models import Project
from jobs.doors import KINDS
from notifications.models import Delivery, Notification
from runs.models import GraphRun
from schedules.models import Firing, Schedule
from tests import factories

pytestmark = pytest.mark.django_db

FEW, MANY = 5, 50
OURS = {"api", "dags", "jobs", "notifications", "runs", "scheduler", "schedules"}


def _schedule(n: int) -> Schedule:
    graph = factories.graph()
    fields = {"project": graph.project, "graph": graph, "cron": "0 3 * * *", "considered_until": timezone.now()}
    return Schedule.objects.create(name=f"s{n}", next_due=timezone.now(), **fields)


def _delivery(n: int) -> Delivery:
    notification = Notification.objects.create(project=factories.project(), name=f"n{n}", channel="email", events=["failure"])
    return Delivery.objects.create(notification=notification, event="test", message_id=f"m{n}", status="delivered", facts={})


def _job(kind: str) -> Callable[[int], Any]:
    def make(n: int) -> None:
        of = factories.project()
        factories.job(factories.run({"a": "FAILED"}, of=factories.graph(project=of)), "a", job=factories.job_of(kind, of))

    return make


def _entry(n: int) -> None:
    AuditEntry.objects.create(action="dag.create", user_name="ada", label=f"g{n}", project=factories.project())


ROWS: dict[str, Callable[[int], Any]] = {
    "api/auditentry": _entry,
    "api/membership": lambda n: factories.member("viewer", factories.project()),
    "api/token": lambda n: Token.objects.create(user=factories.member(None), project=factories.project()),
    "dags/graph": lambda n: factories.run({"a": "FAILED"}),
    "dags/project": lambda n: factories.graph(),
    "notifications/delivery": _delivery,
    "notifications/notification": _delivery,
    "runs/graphrun": lambda n: factories.run({"a": "SUCCESS"}, of=factories.graph()),
    "runs/jobrun": lambda n: factories.run({"a": "SUCCESS"}),
    "runs/node": lambda n: factories.node(f"node{n}", workers=1),
    "runs/worker": lambda n: factories.worker("default", node=f"node{n}"),
    "schedules/firing": lambda n: Firing.objects.create(
        schedule=_schedule(n), due=timezone.now(), became="launched", graph_run=factories.run()
    ),
    "schedules/schedule": _schedule,
    **{f"jobs/{kind}": _job(kind) for kind in KINDS},
}
QUERIES = 10


def test_no_list_is_left_out() -> None:
    ours = {
        f"{model._meta.app_label}/{model._meta.model_name}" for model in admin.site._registry if model._meta.app_label in OURS
    }
    assert ours == set(ROWS)


@pytest.mark.parametrize("path", ROWS)
def test_a_list_of_many_takes_as_many_queries_as_one_of_few(boss: Any, path: str) -> None:
    counts = []
    for start, end in ((0, FEW), (FEW, MANY)):
        for n in range(start, end):
            ROWS[path](n)
        with CaptureQueriesContext(
            connection,
        ) as taken:
            answer = boss.get(f"/admin/{path}/")
        assert len(answer.context["cl"].result_list) >= end
        counts.append(len(taken))
    assert counts[0] == counts[1] <= QUERIES, [query["sql"][:200] for query in taken]


def test_projects_are_offered_while_they_are_few(boss: Any) -> None:
    one, other = factories.run(), factories.run()
    path = "/admin/runs/graphrun/"
    assert f"project__id__exact={one.project_id}" in boss.get(path).content.decode()
    for _ in range(30):
        factories.project()
    assert "project__id__exact" not in boss.get(path).content.decode()
    chosen = boss.get(f"{path}?project__id__exact={one.project_id}")
    assert [run.pk for run in chosen.context["cl"].result_list] == [one.pk]
    assert one.project.name in chosen.content.decode()
    assert [run.pk for run in boss.get(f"{path}?q={other.project.name}").context["cl"].result_list] == [other.pk]
    for odd in ("x", "9" * 30, "9" * 5000):
        told = boss.get(f"{path}?project__id__exact={odd}")
        assert told.status_code in (200, 302), odd  # as Django tells of a filter that is none
    assert boss.get("/admin/dags/graph/?name=%00").status_code == 400


@pytest.mark.parametrize(("asked", "found"), [("FAILED", "failed"), ("never", "new"), ("SUCCESS", "fine"), ("x", None)])
def test_graphs_are_found_by_the_state_of_their_latest_run(boss: Any, asked: str, found: str | None) -> None:
    factories.graph(name="new")
    for name, states in {"failed": ("SUCCESS", "FAILED"), "fine": ("FAILED", "SUCCESS")}.items():
        graph = factories.graph(name=name)
        for state in states:
            factories.run({"a": state}, of=graph)
    listed = boss.get(f"/admin/dags/graph/?latest={asked}").context["cl"].result_list
    assert [graph.name for graph in listed] == ([found] if found else [])


def test_workers_are_found_by_whether_they_are_alive(boss: Any) -> None:
    alive, dead = factories.worker(), factories.worker(silent_for=3600)
    for asked, found in {"yes": alive, "no": dead}.items():
        assert [one.pk for one in boss.get(f"/admin/runs/worker/?alive={asked}").context["cl"].result_list] == [found.pk]


def test_a_state_is_told_by_a_shape_and_a_word(boss: Any) -> None:
    run = factories.run({"a": "FAILED"})
    paths = ("runs/graphrun/", "dags/graph/", f"runs/graphrun/{run.pk}/change/", f"runs/jobrun/?graph_run__exact={run.pk}")
    for path in paths:
        text = boss.get(f"/admin/{path}").content.decode()
        assert 'href="#shape-failed"/></svg>Failed' in text, path
        assert 'id="shape-failed"' in text, path


def test_the_index_is_in_the_order_in_which_one_thinks(boss: Any) -> None:
    names = [app["name"] for app in boss.get("/admin/").context["app_list"]]
    assert names[:7] == ["Graphs", "Jobs", "Runs", "Schedules", "Notifications", "API access", "People"]


def test_states_cannot_be_written_on_any_page(boss: Any) -> None:
    run = factories.run({"a": "RUNNING"})
    job = factories.job_of("sheet")
    for path in (f"runs/graphrun/{run.pk}", f"runs/jobrun/{factories.job(run, 'a').pk}"):
        assert boss.post(f"/admin/{path}/change/", {"state": "SUCCESS", "shown_state": "SUCCESS"}).status_code == 403
    for path, sent in {
        f"dags/project/{run.project_id}": {"name": "p"},
        f"jobs/sheet/{job.pk}": {"name": "j", "source": job.source, "table": job.table},
        f"dags/graph/{run.graph_id}": {"name": "g"},
    }.items():
        boss.post(f"/admin/{path}/change/", {**sent, "state": "SUCCESS", "shown_state": "SUCCESS"})
    job.refresh_from_db()
    assert (GraphRun.objects.get().state, Project.objects.get(pk=run.project_id).state, job.state) == (
        "RUNNING",
        None,
        "update",
    )
    assert Membership.objects.count() == 0


def test_the_admin_s_pages_lead_to_the_console_s(boss: Any) -> None:
    run = factories.run()
    assert f'href="/runs/{run.pk}' in boss.get(f"/admin/runs/graphrun/{run.pk}/change/").content.decode()
    assert f'href="/graphs/{run.graph_id}/grid' in boss.get(f"/admin/dags/graph/{run.graph_id}/change/").content.decode()
