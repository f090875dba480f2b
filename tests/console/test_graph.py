"""The page of a graph: what it shows to whom, what it launches, its revisions, and what it costs."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from api.models import AuditEntry
from dags import services
from dags.models import Graph, GraphRevision
from runs.models import GraphRun
from schedules.models import Schedule
from tests import factories
from tests.blueprints import whole
from tests.fuzz.naughty import STRINGS

pytestmark = pytest.mark.django_db


def made(keys: str = "abc", edges: tuple[str, ...] = ("a>b", "b>c"), **fields: Any) -> Graph:
    project = fields.pop("project", None) or factories.project()
    return services.create_graphs([{**whole(keys, edges), "project": project, **fields}])[0]


def shown(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer.content
    return answer.content.decode()


def begun(client: Client, path: str) -> dict[str, Any]:
    """Return what the editor's scripts begin with."""
    text = shown(client, path)
    start = text.index(">", text.index('id="graph-editor-data"')) + 1
    return json.loads(text[start : text.index("</script>", start)])


def test_the_page_shows_the_picture_the_runs_and_the_schedules(boss: Client) -> None:
    graph = made(name="orders")
    run = factories.run({"a": "FAILED"}, of=graph)
    Schedule.objects.create(
        project=graph.project, graph=graph, name="nightly", cron="0 3 * * *", considered_until=timezone.now()
    )
    text = shown(boss, f"/graphs/{graph.pk}/")
    drawing = begun(boss, f"/graphs/{graph.pk}/")["drawing"]
    assert (len(drawing["places"]), len(drawing["paths"])) == (3, 2)
    assert f"#{run.pk}" in text
    assert "nightly" in text


def test_an_author_edits_a_viewer_reads(signed_in: Callable[..., Client]) -> None:
    graph = made()
    viewer, author = signed_in("viewer", graph.project), signed_in("author", graph.project)
    assert begun(viewer, f"/graphs/{graph.pk}/")["readonly"] is True
    assert 'data-do="save"' not in shown(viewer, f"/graphs/{graph.pk}/")
    assert begun(author, f"/graphs/{graph.pk}/")["readonly"] is False
    assert 'data-do="save"' in shown(author, f"/graphs/{graph.pk}/")


@pytest.mark.parametrize("path", ["", "revisions/"])
def test_what_is_another_projects_does_not_exist(signed_in: Callable[..., Client], path: str) -> None:
    graph = made()
    stranger = signed_in("admin", factories.project())
    assert stranger.get(f"/graphs/{graph.pk}/{path}").status_code == 404
    assert stranger.get(f"/graphs/999999/{path}").status_code == 404


def test_a_new_graph_is_for_those_who_may_write_somewhere(signed_in: Callable[..., Client]) -> None:
    mine, other = factories.project("mine"), factories.project("other")
    author = signed_in("author", mine)
    text = shown(author, "/graphs/new/")
    assert "mine</option>" in text
    assert "other</option>" not in text
    assert begun(author, "/graphs/new/")["graph"]["project"] == mine.pk
    assert signed_in("operator", mine, other).get("/graphs/new/").status_code == 404
    assert "New graph" in shown(author, "/")
    assert "New graph" not in shown(signed_in("operator", mine), "/")


def test_what_people_write_is_text(boss: Client) -> None:
    odd = [text for text in STRINGS if "\x00" not in text and text.encode("utf-8", "ignore").decode() == text]
    tasks = [
        {"name": text[:200] or "x", "driver": "offline", "key": f"k{n}", "description": text} for n, text in enumerate(odd)
    ]
    name = "</script><script>alert(1)</script><img src=x onerror=alert(1)>"
    graph = services.create_graphs([{"name": name, "description": name, "project": factories.project(name), "tasks": tasks}])[0]
    text, data = shown(boss, f"/graphs/{graph.pk}/"), begun(boss, f"/graphs/{graph.pk}/")
    assert [task.get("description", "") for task in data["graph"]["tasks"]] == odd
    services.update_graphs({graph.pk: {"name": "plain", "tasks": tasks[:1], "edges": []}})
    for page in (text, shown(boss, f"/graphs/{graph.pk}/revisions/")):
        assert "<script>" not in page
        assert "<img src=x" not in page
        assert page.count("<script") == page.count("</script>")


# --- Drawing ---


def drawn(client: Client, body: Any) -> Any:
    return client.post("/graphs/drawing/", body, content_type="application/json")


def test_a_draft_is_drawn(boss: Client) -> None:
    answer = drawn(boss, {"size": 2, "edges": [[0, 1]]})
    size = {"width": 524, "height": 92, "start": 46, "task": [200, 44]}
    assert answer.json() == {**size, "places": [[24, 24], [300, 24]], "paths": ["M224 46H300"]}
    assert drawn(boss, {"size": 0, "edges": []}).json()["places"] == []


@pytest.mark.parametrize(
    "body",
    [
        {"size": 2, "edges": [[0, 2]]},
        {"size": 2, "edges": [[0, 1], [1, 0]]},
        {"size": 1, "edges": [[0, 0]]},
        {"size": -1, "edges": []},
        {"size": True, "edges": []},
        {"size": 1e9, "edges": []},
        {"size": 10**9, "edges": []},
        {"size": 2, "edges": [[0, True]]},
        {"size": 2, "edges": [[0, 1, 1]]},
        {"size": 2, "edges": [["0", "1"]]},
        {"size": 2, "edges": None},
        [],
        "x",
        b"\xff",
        b"",
    ],
)
def test_what_cannot_be_drawn_is_refused(boss: Client, body: Any) -> None:
    assert drawn(boss, body).status_code == 400


# --- Launching ---

SCHEMA = {
    "type": "object",
    "required": ["day"],
    "properties": {
        "day": {"type": "string", "title": "Day", "description": "Which <b>day</b>."},
        "count": {"type": "integer", "default": 3},
        "deep": {"type": "boolean"},
        "kind": {"enum": ["big", "small", 3]},
        "extra": {"type": "object"},
    },
}


def test_a_launch_asks_for_what_the_schema_names(boss: Client) -> None:
    graph = made(params_schema=SCHEMA)
    text = shown(boss, f"/graphs/{graph.pk}/")
    assert 'name="param.day"' in text
    assert "Which &lt;b&gt;day&lt;/b&gt;." in text
    assert 'name="param.count" value="3"' in text
    sent = {
        "param.day": "2027-01-01",
        "param.count": "4",
        "param.deep": "true",
        "param.kind": "3",
        "param.extra": '{"a": [1]}',
        "from": "graph",
    }
    answer = boss.post(f"/graphs/{graph.pk}/launch/", sent)
    run = GraphRun.objects.get(graph=graph)
    assert answer.headers["Location"] == f"/runs/{run.pk}"
    assert run.params == {"day": "2027-01-01", "count": 4, "deep": True, "kind": 3, "extra": {"a": [1]}}
    assert AuditEntry.objects.get(action="dag.execute").facts == {"execution": run.pk}


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ({}, "day"),
        ({"param.day": "x", "param.count": "many"}, "count"),
        ({"param.day": "x", "param.extra": "{"}, "extra"),
        ({"param.day": "a\0b"}, "day"),
        ({"param.day": "x", "param.kind": "huge"}, "kind"),
        ({"params": "[]"}, "params"),
        ({"params": '{"a": NaN}'}, "params"),
    ],
)
def test_params_that_cannot_be_are_told_and_launch_nothing(boss: Client, sent: dict[str, str], told: str) -> None:
    graph = made(params_schema=SCHEMA)
    answer = boss.post(f"/graphs/{graph.pk}/launch/", sent, headers={"HX-Request": "true"})
    assert answer.status_code == 400
    assert told in json.loads(answer.headers["HX-Trigger"])["told"]["text"]
    assert not GraphRun.objects.exists()


@pytest.mark.parametrize("schema", [{"properties": 3}, {"properties": {"a": True}}, {"required": 3}, {"properties": {}}, None])
def test_an_odd_schema_breaks_nothing(boss: Client, schema: Any) -> None:
    graph = made()
    Graph.objects.filter(pk=graph.pk).update(params_schema=schema)
    assert "Launch" in shown(boss, f"/graphs/{graph.pk}/")


# --- Revisions ---


def test_revisions_are_compared(boss: Client) -> None:
    graph = made(name="orders")
    changed = whole("abd", ["a>b", "a>d"], name="orders", description="new")
    changed["tasks"][1]["retries"] = 2
    changed["edges"][0]["condition"] = "done"
    services.update_graphs({graph.pk: changed})
    text = shown(boss, f"/graphs/{graph.pk}/revisions/")
    assert "From 1 to 2" in text
    for told in ("removed</span> <b>c</b>", "added</span> <b>d</b>", "changed</span> <b>b</b>", "removed</span> <b>b → c</b>"):
        assert told in text, told
    assert "<dt>retries</dt><dd><ins>2</ins></dd>" in text
    assert "<dt>condition</dt><dd><del>success</del><ins>done</ins></dd>" in text
    assert "Nothing is different." in shown(boss, f"/graphs/{graph.pk}/revisions/?from=2&to=2")
    assert boss.get(f"/graphs/{graph.pk}/revisions/?from=7").status_code == 404


def test_an_earlier_revision_is_where_the_editor_begins(boss: Client) -> None:
    graph = made()
    services.update_graphs({graph.pk: whole("x")})
    data = begun(boss, f"/graphs/{graph.pk}/?revision=1")
    assert [task["key"] for task in data["restored"]["tasks"]] == ["a", "b", "c"]
    assert [task["key"] for task in data["graph"]["tasks"]] == ["x"]
    for odd in ("9", "x", "1" * 30, "²", "9" * 5000):
        assert boss.get(f"/graphs/{graph.pk}/?revision={odd}").status_code == 404


def test_a_graph_that_was_never_saved_as_a_whole_says_so(boss: Client) -> None:
    graph = factories.graph()
    assert not GraphRevision.objects.exists()
    assert "None was kept yet" in shown(boss, f"/graphs/{graph.pk}/revisions/")


def test_a_single_revision_is_compared_with_nothing(boss: Client) -> None:
    graph = made()
    GraphRevision.objects.filter(graph=graph).exclude(revision=graph.revision).delete()
    text = shown(boss, f"/graphs/{graph.pk}/revisions/")
    assert "is the only one so far" in text
    assert "Compare" not in text


@pytest.mark.parametrize("path", ["graphs/{graph}/", "graphs/{graph}/grid/", "graphs/{graph}/revisions/", "runs/{run}/"])
def test_each_page_of_a_graph_leads_to_the_others_and_to_its_project(boss: Client, path: str) -> None:
    graph = made()
    run = factories.run(of=graph)
    text = shown(boss, "/" + path.format(graph=graph.pk, run=run.pk))
    for place in ("", "/grid", "/revisions"):
        assert f'<a href="/graphs/{graph.pk}{place}"' in text, place
    assert f'<a href="/?project={graph.project_id}"' in text


# --- Cost ---


@pytest.mark.parametrize("size", [2, 40])
def test_the_number_of_queries_does_not_grow(boss: Client, size: int) -> None:
    keys = [f"t{number}" for number in range(size)]
    graph = services.create_graphs([{**whole(keys, [f"t0>{key}" for key in keys[1:]]), "project": factories.project()}])[0]
    for _ in range(size):
        factories.run(of=Graph.objects.create(name="x", project=graph.project))
    with CaptureQueriesContext(connection) as asked:
        shown(boss, f"/graphs/{graph.pk}/")
    assert len(asked) == 8, [one["sql"][:90] for one in asked]
