"""The overview: what it shows to whom, how it is searched and paged, and what it costs."""

from __future__ import annotations

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
from console.watching import activity, graphs
from runs.models import GraphRun, JobRun
from schedules.models import Schedule
from tests import factories
from tests.fuzz.naughty import STRINGS

pytestmark = pytest.mark.django_db


def shown(client: Client, path: str = "/", **headers: str) -> str:
    answer = client.get(path, headers=headers)
    assert answer.status_code == 200, answer.content
    return answer.content.decode()


def schedule(graph: Any, **fields: Any) -> Schedule:
    now = timezone.now()
    return Schedule.objects.create(
        **{"project": graph.project, "graph": graph, "name": f"of {graph.name}", "cron": "0 3 * * *", "considered_until": now}
        | fields
    )


def test_a_graph_shows_its_last_runs_and_its_next_firing(boss: Client) -> None:
    graph = factories.graph(name="orders")
    ended = factories.run({"a": "FAILED"}, of=graph)
    going = GraphRun.objects.create(
        execution_graph=ended.execution_graph, graph=graph, project=graph.project, name="orders", state="RUNNING", size=1
    )
    schedule(graph, next_due=timezone.now() + timedelta(hours=2, minutes=1))
    text = shown(boss)
    assert f"#{ended.pk} Failed" in text
    assert text.index(f'title="#{ended.pk} Failed"') < text.index(f'title="#{going.pk} Running"')
    assert "in 2 h</time>" in text


def test_the_strip_holds_the_last_runs_only(boss: Client) -> None:
    graph = factories.graph()
    first = factories.run(of=graph)
    fields = {"execution_graph": first.execution_graph, "graph": graph, "project": graph.project, "size": 1}
    GraphRun.objects.bulk_create(GraphRun(**fields, name=graph.name, state="PENDING") for _ in range(graphs.STRIP))
    assert f'title="#{first.pk} ' not in shown(boss)
    assert shown(boss).count('title="#') == graphs.STRIP


def test_what_is_another_projects_is_not_there(signed_in: Callable[..., Client]) -> None:
    mine, other = factories.graph(name="my graph"), factories.graph(name="their graph")
    factories.run({"their_task": "WAITING"}, of=other)
    factories.run({"a": "QUEUED"}, of=other)
    schedule(other, due_at=timezone.now() - timedelta(hours=1))
    text = shown(signed_in("viewer", mine.project))
    assert "my graph" in text
    assert "their" not in text
    assert other.project.name not in text
    assert "Stuck" not in text
    stranger = shown(signed_in(None))
    assert "my graph" not in stranger
    assert "Workers and queues" not in stranger


def test_links_to_the_admin_are_for_those_who_may_enter_it(boss: Client, signed_in: Callable[..., Client]) -> None:
    graph = factories.graph()
    place = f"/admin/dags/project/{graph.project.pk}/change/"
    assert place in shown(boss)
    assert "/admin/" not in shown(signed_in("admin", graph.project))


@pytest.mark.parametrize("path", ["/", "/schedules/", "/jobs/", "/nodes/"])
def test_who_is_in_no_project_is_told_so(signed_in: Callable[..., Client], path: str) -> None:
    factories.graph()
    factories.node("n1")
    assert "You are a member of no project yet" in shown(signed_in(None), path)


def test_the_first_graph_needs_no_project(boss: Client) -> None:
    assert "Make the first one" in shown(boss)
    assert "graph-project" not in shown(boss, "/graphs/new/")


def test_what_a_list_is_narrowed_by_stays(boss: Client) -> None:
    project = factories.graph(name="<b>").project
    text = shown(boss, f"/?project={project.pk}&q=%3Cb%3E&state=never")
    assert f'<input type="hidden" name="project" value="{project.pk}">' in text
    assert 'value="&lt;b&gt;"' in text
    assert '<option value="never" selected>Never run</option>' in text


def test_text_of_users_is_text(boss: Client) -> None:
    project = factories.project()
    for number, text in enumerate([*STRINGS, "<script>alert(1)</script>", "{{ 7 * 7 }}"]):
        if "\x00" not in text and text.encode("utf-8", "ignore").decode() == text:
            factories.graph(project=project, name=text[:200] or str(number))
    factories.run({"<b>key</b>": "WAITING"}, of=factories.graph(project=project, name="<img src=x onerror=alert(1)>"))
    text = shown(boss, "/?q=<script>")
    assert "<script>alert" not in text
    assert "<img src=x" not in shown(boss)
    assert "<b>key" not in shown(boss)


# --- Search and pages ---


def test_graphs_are_found_by_name_key_project_and_state(boss: Client) -> None:
    factories.run({"a": "FAILED"}, of=factories.graph(name="broken", execution_key="secret-door"))
    factories.graph(name="idle", project=factories.project("Harvest"))
    for asked, there, gone in [
        ("q=BROK", "broken", "idle"),
        ("q=secret-door", "broken", "idle"),
        ("q=harvest", "idle", "broken"),
        ("state=FAILED", "broken", "idle"),
        ("state=never", "idle", "broken"),
    ]:
        text = shown(boss, f"/?{asked}", **{"HX-Request": "true", "HX-Target": "graphs"})
        assert f"Launch {there}" in text, asked
        assert f"Launch {gone}" not in text, asked


def test_a_search_without_a_match_says_so(boss: Client) -> None:
    factories.graph()
    assert "No graph fits." in shown(boss, "/?q=nothing+like+this")


@pytest.mark.parametrize("asked", ["state=ODD", "project=x", "after=x", "q=%00", f"q={'x' * 201}"])
def test_a_question_that_makes_no_sense_is_told(boss: Client, asked: str) -> None:
    answer = boss.get(f"/?{asked}")
    assert answer.status_code == 400
    assert asked.split("=", maxsplit=1)[0] + ":" in answer.content.decode()


def test_pages_follow_one_another(boss: Client, monkeypatch: Any) -> None:
    monkeypatch.setattr(graphs, "PAGE", 2)
    one, other = factories.project("a"), factories.project("b")
    made = [factories.graph(project=project, name=name) for project in (one, other) for name in ("same", "same", "z")]
    seen, after = [], ""
    for _ in range(3):
        answer = boss.get(f"/?after={after}")
        page = answer.context["page"]
        seen += [row.graph.pk for _, rows in page.groups for row in rows]
        after = page.following
    assert seen == [graph.pk for graph in made]
    assert after is None
    assert len(shown(boss, "/?after=999999999999")) > 0  # of a graph that is gone: from the beginning


# --- What goes on, and what does not ---


def test_what_is_stuck_says_why(boss: Client) -> None:
    factories.worker("default", slots=2)
    graph = factories.graph(name="orders")
    waiting = factories.run({"approval": "WAITING", "b": "QUEUED", "c": "SUCCESS"}, of=graph)
    JobRun.objects.filter(key="b").update(queue="gpu")
    late = schedule(graph, due_at=timezone.now() - timedelta(minutes=10))
    unplaced = factories.run({}, of=factories.graph(), state="PENDING", expanded=False, reason="No node has the role srv.")
    text = shown(boss)
    assert "1 task in the queue gpu" in text
    assert "No live worker consumes this queue." in text
    assert f"approval in orders #{waiting.pk}" in text
    assert f"Schedule {late.name}" in text
    assert str(unplaced.reason) in text


def test_a_backlog_is_told_once_it_is_old(boss: Client) -> None:
    factories.worker("default", slots=2)
    factories.run({"a": "QUEUED"})
    assert "Stuck" not in shown(boss)
    JobRun.objects.update(available_at=timezone.now() - timedelta(minutes=5))
    assert "The 2 slots are busy; the first has been ready for 5 min" in shown(boss)


def test_runs_that_have_begun_come_before_those_that_wait(boss: Client) -> None:
    going = factories.run({"a": "RUNNING"})
    for _ in range(activity.SHOWN + 2):
        factories.run({"a": "PENDING"}, state="PENDING")
    answer = boss.get("/", headers={"HX-Request": "true", "HX-Target": "now"})
    assert answer.context["running"][0].pk == going.pk
    assert "And 3 more." in answer.content.decode()


def test_running_runs_show_how_far_they_are(boss: Client) -> None:
    run = factories.run({"a": "SUCCESS", "b": "RUNNING", "c": "PENDING"})
    text = shown(boss, **{"HX-Request": "true", "HX-Target": "now"})
    assert "1 of 3" in text
    assert f"#{run.pk}" in text
    assert "<html" not in text


# --- Launching ---


def test_an_operator_launches_and_it_is_written_down(signed_in: Callable[..., Client]) -> None:
    graph = factories.graph(name="orders")
    operator = signed_in("operator", graph.project)
    assert "Launch orders" in shown(operator)
    answer = operator.post(f"/graphs/{graph.pk}/launch/", follow=True)
    run = GraphRun.objects.get(graph=graph)
    assert f"orders is launched as #{run.pk}." in answer.content.decode()
    entry = AuditEntry.objects.get(action="dag.execute")
    assert (entry.object_id, entry.project_id, entry.facts) == (graph.pk, graph.project_id, {"execution": run.pk})


def test_a_viewer_launches_nothing(signed_in: Callable[..., Client]) -> None:
    graph = factories.graph(name="orders")
    viewer = signed_in("viewer", graph.project)
    assert "Launch orders" not in shown(viewer)
    answer = viewer.post(f"/graphs/{graph.pk}/launch/")
    assert answer.status_code == 403
    assert AuditEntry.objects.get(action="denied").facts["route"] == "console:graph-launch"
    assert not GraphRun.objects.exists()


@pytest.mark.parametrize("number", ["own", "999999", "9" * 18])
def test_what_is_another_projects_cannot_be_launched(signed_in: Callable[..., Client], number: str) -> None:
    graph, mine = factories.graph(), factories.project()
    pk = graph.pk if number == "own" else number
    answer = signed_in("admin", mine).post(f"/graphs/{pk}/launch/")
    assert answer.status_code == 404
    assert b"There is nothing here" in answer.content
    assert not GraphRun.objects.exists()


def test_a_graph_that_needs_params_is_launched_from_its_page(boss: Client) -> None:
    asking = factories.graph(name="asking", params_schema={"type": "object", "required": ["day"]})
    factories.graph(name="plain", params_schema={"type": "object", "properties": {"day": {"type": "string"}}})
    text = shown(boss)
    assert f'href="/graphs/{asking.pk}?launch"' in text
    assert "Launch plain" in text
    assert '<details class="launching" open>' in shown(boss, f"/graphs/{asking.pk}?launch")


def test_a_refusal_loses_nothing_of_the_page(boss: Client) -> None:
    graph = factories.graph(params_schema={"type": "object", "required": ["day"]})
    answer = boss.post(f"/graphs/{graph.pk}/launch/", headers={"HX-Request": "true"})
    assert answer.status_code == 400
    assert "day" in json.loads(answer.headers["HX-Trigger"])["told"]["text"]
    assert not AuditEntry.objects.filter(action="dag.execute").exists()


def test_a_post_without_the_csrf_token_is_refused(django_user_model: Any) -> None:
    graph = factories.graph()
    client = Client(enforce_csrf_checks=True)
    client.force_login(django_user_model.objects.create_superuser("boss"))
    answer = client.post(f"/graphs/{graph.pk}/launch/")
    assert answer.status_code == 403
    assert b"out of date" in answer.content
    assert not GraphRun.objects.exists()


# --- Cost ---

QUERIES = 13  # of the whole page, whatever it shows


def world(size: int) -> None:
    factories.worker("default", slots=2)
    for _ in range(size):
        graph = factories.graph()
        factories.run({"a": "WAITING", "b": "QUEUED", "c": "SUCCESS"}, of=graph)
        schedule(graph, due_at=timezone.now() - timedelta(minutes=10), next_due=timezone.now())


@pytest.mark.parametrize("size", [1, 12])
def test_the_number_of_queries_does_not_grow(boss: Client, size: int) -> None:
    world(size)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        shown(boss)
    assert len(asked) == QUERIES, [one["sql"][:90] for one in asked]
