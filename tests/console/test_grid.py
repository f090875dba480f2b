"""The grid: which tasks and runs it shows to whom, how it is searched and paged, and what it costs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from console.grid import cells, columns, sheet
from console.grid.rows import group_of, merged
from dags.models import Graph, Task
from runs.models import GraphRun, JobRun
from runs.states import JobRunState
from tests import factories, gridding
from tests.fuzz.naughty import STRINGS

pytestmark = pytest.mark.django_db

DRAWN = re.compile(r'<script id="grid-drawn" type="application/json">(.*?)</script>', re.DOTALL)


def shown(client: Client, graph: Graph, asked: str = "", **headers: str) -> str:
    answer = client.get(f"/graphs/{graph.pk}/grid/{asked}", headers=headers)
    assert answer.status_code == 200, answer.content
    return answer.content.decode()


def drawn(client: Client, graph: Graph, asked: str = "") -> Any:
    found = DRAWN.search(shown(client, graph, asked))
    return json.loads(found[1]) if found else None


def rows(client: Client, graph: Graph, asked: str = "") -> dict[str, str]:
    """Return the letters of each task by its key."""
    found = drawn(client, graph, asked)
    return {key: letters for key, letters, *_ in found["rows"]} if found else {}


def runs(client: Client, graph: Graph, asked: str = "") -> list[int]:
    found = drawn(client, graph, asked)
    return [run["id"] for run in found["runs"]] if found else []


def alike(keys: Sequence[str], number: int, **fields: Any) -> tuple[Graph, list[GraphRun]]:
    """Return a graph with so many runs that succeeded."""
    graph, content = gridding.graph_of(keys, **fields)
    return graph, gridding.runs_of(content, [dict.fromkeys(keys, "SUCCESS")] * number, ["SUCCESS"] * number)


# --- What is shown ---


def test_tasks_stand_in_order_and_runs_with_the_latest_last(boss: Client) -> None:
    graph, content = gridding.graph_of(["load", "clean", "add up"])
    first = {"load": "SUCCESS", "clean": "FAILED", "add up": "SKIPPED"}
    second = {"load": "SUCCESS", "clean": "RUNNING", "add up": "PENDING"}
    made = gridding.runs_of(content, [first, second], ["FAILED", "RUNNING"])
    assert list(rows(boss, graph).items()) == [("load", "SS"), ("clean", "FR"), ("add up", "KP")]
    assert runs(boss, graph) == [run.pk for run in made]
    text = shown(boss, graph)
    assert f'aria-label="Run #{made[0].pk}: Failed, launched 2 h ago, took 0.0 s"' in text
    assert f'aria-label="Run #{made[1].pk}: Running, launched 1 h ago, for 1 h"' in text
    assert "3 tasks, 2 runs" in text


def test_every_state_has_a_letter_of_its_own(boss: Client) -> None:
    assert set(cells.LETTERS) == set(JobRunState.values)
    assert len(set(cells.LETTERS.values()) - {cells.NONE}) == len(JobRunState)


def test_tasks_of_older_content_stand_among_their_like(boss: Client) -> None:
    graph = factories.graph()
    factories.run({"load": "SUCCESS", "check": "FAILED", "store": "SKIPPED"}, of=graph)
    factories.run({"load": "SUCCESS", "store": "SUCCESS", "tell": "RUNNING"}, of=graph)
    Task.objects.bulk_create(Task(parent=graph, name=key, key=key) for key in ("load", "store", "tell"))
    assert list(rows(boss, graph).items()) == [("load", "SS"), ("check", "F."), ("store", "KS"), ("tell", ".R")]
    assert [line[0] for line in drawn(boss, graph)["rows"] if len(line) == 4] == ["check"]  # no longer in the graph


def test_a_run_without_tasks_yet_shows_what_becomes_of_them(boss: Client) -> None:
    graph = factories.graph()
    for state in ("PENDING", "CANCELLED"):
        factories.run({"a": "PENDING", "b": "PENDING"}, of=graph, state=state, expanded=False)
    assert rows(boss, graph) == {"a": "PC", "b": "PC"}
    assert rows(boss, graph, "?state=CANCELLED") == {"a": "PC", "b": "PC"}
    assert rows(boss, graph, "?state=FAILED") == {}


def test_a_run_that_is_deleted_meanwhile_leaves_its_cells_empty(boss: Client) -> None:
    graph, made = alike(["a", "b"], 2)
    JobRun.objects.filter(graph_run=made[0]).delete()
    assert rows(boss, graph) == {"a": ".S", "b": ".S"}


def test_groups_are_told_where_tasks_have_them(boss: Client) -> None:
    graph = factories.graph()
    factories.run({"a": "SUCCESS", "b": "SUCCESS"}, of=graph, entries={"b": {"group": ["main", "stage 1", "x"], "on": "srv"}})
    assert [line[2] for line in drawn(boss, graph)["rows"]] == ["", "main / stage 1 / srv"]
    assert list(rows(boss, graph, "?q=STAGE")) == ["b"]


def test_a_graph_that_has_never_run_says_so(boss: Client) -> None:
    assert "Soup has never run." in shown(boss, factories.graph(name="Soup"))


def test_the_bar_of_a_run_tells_its_share_of_the_longest(boss: Client) -> None:
    graph, made = alike(["a"], 2)
    for run, minutes in zip(made, (2, 8), strict=True):
        started = timezone.now() - timedelta(hours=1)
        GraphRun.objects.filter(pk=run.pk).update(started_at=started, completed_at=started + timedelta(minutes=minutes))
    assert re.findall(r'<rect y="([\d.]+)" width="1" height="([\d.]+)"', shown(boss, graph)) == [
        ("0.75", "0.25"),
        ("0.0", "1.0"),
    ]


# --- To whom ---


def test_what_is_another_projects_is_not_there(signed_in: Callable[..., Client]) -> None:
    graph, _ = alike(["a"], 1)
    viewer = signed_in("viewer", graph.project)
    assert rows(viewer, graph) == {"a": "S"}
    for pk in (graph.pk, 999_999, 10**18 - 1):
        assert signed_in("admin", factories.project()).get(f"/graphs/{pk}/grid/").status_code == 404


def test_a_stranger_is_sent_to_the_login(client: Client) -> None:
    assert client.get("/graphs/1/grid/").headers["Location"] == "/login?next=/graphs/1/grid/"


def test_text_of_users_is_text(boss: Client) -> None:
    keys = list(dict.fromkeys(text[:200] for text in STRINGS if "\x00" not in text))
    graph, _ = alike(keys, 1, name="<img src=x onerror=alert(1)>")
    for asked in ("", "?before=1", '?q="><script>alert(1)</script>'):
        text = shown(boss, graph, asked)
        assert "<script>alert" not in text
        assert "<img src=x" not in text
        assert "<svg onload" not in text
        assert " style=" not in text
    assert list(rows(boss, graph)) == keys


# --- Search and pages ---


def test_runs_turn_in_both_directions(boss: Client, monkeypatch: Any) -> None:
    monkeypatch.setattr(columns, "PAGE", 3)
    graph, made = alike(["a"], 8)
    ids = [run.pk for run in made]
    assert runs(boss, graph) == ids[5:]
    assert runs(boss, graph, f"?before={ids[5]}") == ids[2:5]
    assert runs(boss, graph, f"?before={ids[2]}") == ids[:2]
    assert runs(boss, graph, f"?after={ids[1]}") == ids[2:5]
    assert runs(boss, graph, f"?after={ids[4]}") == ids[5:]
    assert runs(boss, graph, f"?after={ids[6]}") == ids[5:]  # the latest page is a full one
    ends = {asked: [name in shown(boss, graph, asked) for name in ('id="older"', 'id="newer"')] for asked in _places(ids)}
    assert list(ends.values()) == [[True, False], [True, True], [False, True], [True, True]]


def _places(ids: Sequence[int]) -> list[str]:
    return ["", f"?before={ids[5]}", f"?before={ids[2]}", f"?after={ids[1]}"]


def test_runs_of_one_state_follow_one_another(boss: Client, monkeypatch: Any) -> None:
    monkeypatch.setattr(columns, "PAGE", 2)
    graph, content = gridding.graph_of(["a"])
    ends = ["FAILED", "SUCCESS"] * 3
    made = gridding.runs_of(content, [{"a": end} for end in ends], ends)
    failed = [run.pk for run in made[::2]]
    assert runs(boss, graph, "?run=FAILED") == failed[1:]
    assert runs(boss, graph, f"?run=FAILED&before={failed[1]}") == failed[:1]
    assert runs(boss, graph, f"?run=FAILED&after={failed[0]}") == failed[1:]
    assert "No run fits." in shown(boss, graph, "?run=CANCELLED")


def test_tasks_are_found_by_key_and_by_state(boss: Client) -> None:
    graph, content = gridding.graph_of(["Load", "clean", "unload"])
    made = gridding.runs_of(content, [dict.fromkeys(("Load", "clean", "unload"), "SUCCESS")] * 2, ["SUCCESS"] * 2)
    JobRun.objects.filter(graph_run=made[0], key="unload").update(state="SKIPPED")
    assert rows(boss, graph, "?q=LOAD") == {"Load": "SS", "unload": "KS"}
    assert rows(boss, graph, "?state=SKIPPED") == {"unload": "KS"}
    assert rows(boss, graph, "?state=SKIPPED&q=clean") == {}
    assert "No task fits." in shown(boss, graph, "?q=nothing+like+this")


def test_many_tasks_come_in_windows(boss: Client, monkeypatch: Any) -> None:
    monkeypatch.setattr(sheet, "WINDOW", 4)
    keys = [f"t{number}" for number in range(10)]
    graph, _ = alike(keys, 2)
    assert list(rows(boss, graph)) == keys[:4]
    assert list(rows(boss, graph, "?start=4")) == keys[4:8]
    assert list(rows(boss, graph, "?start=8")) == keys[8:]
    assert list(rows(boss, graph, "?start=10")) == keys[:4]  # there are fewer now
    text = shown(boss, graph, "?start=4")
    assert "5 to 8" in text
    assert 'href="/graphs/' in text
    assert "start=8" in text
    assert 'aria-rowcount="11"' in text


def test_a_page_of_huge_runs_is_shorter(boss: Client, monkeypatch: Any) -> None:
    keys = ["a", "b", "c"]
    graph, made = alike(keys, 5)
    monkeypatch.setattr(columns, "CELLS", 7)
    assert runs(boss, graph) == [run.pk for run in made[3:]]
    monkeypatch.setattr(columns, "CELLS", 1)
    assert runs(boss, graph) == [made[4].pk]
    monkeypatch.setattr(columns, "CELLS", 100)
    factories.run(dict.fromkeys(keys, "SUCCESS"), of=graph)
    monkeypatch.setattr(columns, "CONTENT", 5)
    assert len(runs(boss, graph)) == 1  # the contents of two would be too much
    monkeypatch.setattr(columns, "CONTENT", 6)
    assert len(runs(boss, graph)) == 6


@pytest.mark.parametrize(
    "asked", ["state=ODD", "run=WAITING", "before=x", f"after={2**63}", "start=-1", "q=%00", f"q={'x' * 201}", "seen=x"]
)
def test_a_question_that_makes_no_sense_is_told(boss: Client, asked: str) -> None:
    answer = boss.get(f"/graphs/{factories.graph().pk}/grid/?{asked}")
    assert answer.status_code == 400
    assert asked.split("=", maxsplit=1)[0] + ":" in answer.content.decode()


# --- Live ---


def test_a_run_that_goes_on_tells_where_its_events_are(boss: Client) -> None:
    run = factories.run({"a": "RUNNING"})
    assert run.graph
    seq = factories.transition(run, "a").pk
    assert drawn(boss, run.graph)["runs"][0]["events"] == f"/scheduler/execution/{run.pk}/events?after={seq}"
    ended = factories.run(of=factories.graph())
    assert ended.graph
    assert "events" not in drawn(boss, ended.graph)["runs"][0]


def test_nothing_is_sent_again_while_there_is_no_newer_run(boss: Client) -> None:
    graph, made = alike(["a"], 2)
    seen = f"/graphs/{graph.pk}/grid/?seen={made[-1].pk}"
    look = {"HX-Request": "true", "HX-Target": "grid"}
    assert boss.get(seen, headers=look).status_code == 204
    newer = factories.run({"a": "RUNNING"}, of=graph)
    text = boss.get(seen, headers=look).content.decode()
    assert f"Run #{newer.pk}: Running" in text
    assert "<html" not in text
    assert boss.get(f"{seen}&run=SUCCESS", headers=look).status_code == 204


# --- Cost ---

QUERIES = 7  # of the latest page; another place asks once more for runs, a state for tasks


@pytest.mark.parametrize(("size", "number"), [(1, 1), (30, 12)])
@pytest.mark.parametrize(("asked", "more"), [("", 0), ("?before={last}", 1), ("?after={first}", 1), ("?state=SUCCESS", 1)])
def test_the_number_of_queries_does_not_grow(boss: Client, asked: str, more: int, size: int, number: int) -> None:
    graph = factories.graph()
    made = [factories.run({f"t{at}": "SUCCESS" for at in range(size)}, of=graph) for _ in range(number + 1)]
    with CaptureQueriesContext(connection) as queries:
        shown(boss, graph, asked.format(first=made[0].pk, last=made[-1].pk))
    assert len(queries) == QUERIES + more, [one["sql"][:90] for one in queries]


# --- The order of the rows: pure ---


@pytest.mark.parametrize(
    ("orders", "found"),
    [
        ([], ""),
        (["abc"], "abc"),
        (["abc", "axc"], "axbc"),
        (["abc", "xabc"], "xabc"),
        (["abc", "abcx", "abcy"], "abcyx"),
        (["ab", "ba"], "ab"),
        (["", "ab"], "ab"),
    ],
)
def test_orders_are_merged(orders: list[str], found: str) -> None:
    assert merged([list(order) for order in orders]) == list(found)


def test_a_group_is_told_as_far_as_it_is_known() -> None:
    assert group_of({}) == ""
    assert group_of({"on": "srv"}) == "srv"
    assert group_of({"group": ["p", "s", "tasks"], "on": "srv"}) == "p / s / srv"
