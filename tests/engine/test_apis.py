"""API jobs: pages of answers into a table of the warehouse."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import override_settings

from dags.models import Project
from jobs import apis, warehouse
from jobs.models import Api
from jobs.running import Done, JobError, Later
from tests.attempts import Attempt
from tests.receivers import Asked, Receiver, Told, receiving

pytestmark = pytest.mark.django_db(transaction=True)

Answers = Callable[[Asked], Told]


class Stage:
    """A server to ask, a project, and API jobs in it."""

    def __init__(self, receiver: Receiver) -> None:
        self.receiver, self.project = receiver, Project.objects.create(name="test")

    def make(self, **fields: Any) -> Api:
        url = self.receiver.url("/things")
        fields = {"name": "things", "kind": "api", "url": url, "table": "things", **fields}
        return Api.objects.create(project=self.project, **fields)

    def answer(self, answers: Answers) -> None:
        self.receiver.answers = answers

    @property
    def asked(self) -> list[str]:
        return [asked.path for asked in self.receiver.asked]

    @property
    def ids(self) -> list[int]:
        with warehouse.connected(self.project.pk) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT id FROM things ORDER BY id")
            return [number for (number,) in cursor.fetchall()]


@pytest.fixture
def stage() -> Iterator[Stage]:
    with receiving() as receiver, override_settings(OUTBOUND_ALLOW=[receiver.place]):
        stage = Stage(receiver)
        yield stage
        warehouse.drop(stage.project.pk)


def _json(value: Any, **headers: str) -> Told:
    return Told(body=json.dumps(value).encode(), headers={"Content-Type": "application/json", **headers})


def _pages(count: int, page: Callable[[int, list[dict[str, int]]], Any], *, size: int = 2) -> Answers:
    """Answer with so many rows, `size` at a time, the page (from 1) by the parameter of the query."""

    def answer(asked: Asked) -> Told:
        number = int(parse_qs(urlsplit(asked.path).query).get("page", ["1"])[0])
        told = page(number, [{"id": one} for one in range((number - 1) * size + 1, min(number * size, count) + 1)])
        return told if isinstance(told, Told) else _json(told)

    return answer


def test_an_answer_becomes_a_table(stage: Stage) -> None:
    rows = [{"id": 1, "name": "Ann", "tags": ["a", "b"], "at": "2027-01-01"}, {"id": 2, "name": None, "tags": [], "price": 1.5}]
    stage.receiver.answers = lambda asked: _json({"data": rows})
    attempt = Attempt(params={"since": "2027-01-01"})
    ended = apis.run(stage.make(rows_path="$.data[*]", query={"since": "{params.since}"}), attempt.running)
    columns = {"id": "bigint", "name": "text", "tags": "jsonb", "at": "date", "price": "numeric"}
    shown = [{"name": name, "type": kind} for name, kind in columns.items()]
    assert ended == Done({"table": "things", "rows": 2, "columns": shown, "pages": 1})
    assert stage.asked[0] == "/things?since=2027-01-01"
    assert attempt.said == ["page 1: 2 rows so far", "2 rows of 5 columns go into things"]
    found = warehouse.first_rows(stage.project.pk, "things")
    assert found.rows[0][:2] == [1, "Ann"]


@pytest.mark.parametrize(
    ("fields", "answers", "asked"),
    [
        (
            {"paging": "next", "next_path": "$.next", "rows_path": "$.rows"},
            _pages(5, lambda page, rows: {"rows": rows, "next": f"?page={page + 1}" if page < 3 else None}),
            ["/things", "/things?page=2", "/things?page=3"],
        ),
        (
            {"paging": "cursor", "next_path": "$.more", "page_param": "page", "rows_path": "$.rows", "query": {"a": 1}},
            _pages(5, lambda page, rows: {"rows": rows, **({"more": page + 1} if page < 3 else {})}),
            ["/things?a=1", "/things?a=1&page=2", "/things?a=1&page=3"],
        ),
        (
            {"paging": "link"},
            _pages(5, lambda page, rows: _json(rows, Link=f'</things?page={page + 1}>; rel="next"' if page < 3 else "")),
            ["/things", "/things?page=2", "/things?page=3"],
        ),
        (
            {"paging": "page", "page_param": "page"},
            _pages(5, lambda page, rows: rows),
            ["/things?page=1", "/things?page=2", "/things?page=3", "/things?page=4"],
        ),
        (
            {"paging": "page", "page_param": "page", "size_param": "size", "page_size": 2},
            _pages(5, lambda page, rows: rows),
            ["/things?size=2&page=1", "/things?size=2&page=2", "/things?size=2&page=3"],
        ),
        (
            {"paging": "offset", "page_param": "start", "page_size": 5},
            lambda asked: _json([{"id": one} for one in (range(5) if asked.path.endswith("=0") else range(5, 8))]),
            ["/things?start=0", "/things?start=5"],
        ),
        (
            {"paging": "link", "format": "csv"},
            _pages(
                5,
                lambda page, rows: Told(
                    body="\n".join(["id", *(str(row["id"]) for row in rows)]).encode(),
                    headers={"Link": f"<?page={page + 1}>; rel=next"} if page < 3 else {},
                ),
            ),
            ["/things", "/things?page=2", "/things?page=3"],
        ),
    ],
)  # fmt: skip
def test_pages_are_followed_to_the_last(stage: Stage, fields: dict[str, Any], answers: Answers, asked: list[str]) -> None:
    stage.receiver.answers = answers
    ended = apis.run(stage.make(**fields), Attempt().running)
    assert isinstance(ended, Done)
    assert stage.asked == asked
    assert stage.ids in ([1, 2, 3, 4, 5], [0, 1, 2, 3, 4, 5, 6, 7])


@pytest.mark.parametrize(
    ("fields", "answers", "said"),
    [
        ({"paging": "page", "page_param": "page", "max_pages": 3}, _pages(99, lambda page, rows: rows), "3 pages of max_pages"),
        ({"paging": "page", "page_param": "p"}, lambda asked: _json([{"id": 1}]), "does 'p' count"),
        ({"paging": "next", "next_path": "$[0].u"}, lambda asked: _json([{"u": "/things?a"}]), "leads back"),
        ({"paging": "next", "next_path": "$[0].u"}, lambda asked: _json([{"u": "http://other.example/"}]), "another origin"),
        ({"paging": "next", "next_path": "$[0].u"}, lambda asked: _json([{"u": ["x"]}]), "neither an address"),
        ({"paging": "link"}, lambda asked: _json([1], Link="<http://127.0.0.1:1/>; rel=next"), "another origin"),
        ({"max_rows": 2}, lambda asked: _json([1, 2, 3]), "2 rows of max_rows"),
        ({"max_bytes": 10}, lambda asked: _json(["x" * 10]), "more than 10 bytes"),
        ({}, lambda asked: Told(status=500, body=b"oh"), "answered 500"),
        ({"rows_path": "$.x"}, lambda asked: _json([]), r"nothing at \$\.x"),
        ({}, lambda asked: _json([]), "columns of the table are not known"),
    ],
)  # fmt: skip
def test_what_goes_wrong_is_told_and_the_table_stays(stage: Stage, fields: dict[str, Any], answers: Answers, said: str) -> None:
    stage.receiver.answers = lambda asked: _json([{"id": 7}])
    apis.run(stage.make(name="before", table="things" if "known" not in said else "others"), Attempt().running)
    stage.receiver.answers = answers
    with pytest.raises(JobError, match=said):
        apis.run(stage.make(**{"secret": "abc", "auth": "bearer", **fields}), Attempt().running)
    if "known" not in said:
        assert stage.ids == [7]


def test_an_answer_without_rows_empties_the_table_and_keeps_its_columns(stage: Stage) -> None:
    api = stage.make()
    stage.receiver.answers = lambda asked: _json([{"id": 1, "at": "2027-01-01T00:00:00Z", "on": "2027-01-01T00:00:00"}])
    apis.run(api, Attempt().running)
    before = warehouse.tables(stage.project.pk)[0].columns
    stage.receiver.answers = lambda asked: _json([])
    ended = apis.run(api, Attempt().running)
    assert isinstance(ended, Done)
    assert ended.value["rows"] == 0
    assert stage.ids == []
    assert warehouse.tables(stage.project.pk)[0].columns == before


def test_a_limit_of_requests_is_waited_for_without_losing_pages(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("jobs.answering.paging.time.sleep", slept.append)
    refusals = iter([False, True, True, False, False, False])
    answers = _pages(5, lambda page, rows: rows)
    stage.receiver.answers = lambda asked: Told(status=429, headers={"Retry-After": "3"}) if next(refusals) else answers(asked)
    ended = apis.run(stage.make(paging="page", page_param="page"), Attempt().running)
    assert isinstance(ended, Done)
    assert (slept, stage.ids) == ([3.0, 3.0], [1, 2, 3, 4, 5])
    stage.receiver.answers = lambda asked: Told(status=429, headers={"Retry-After": "3"})
    assert isinstance(apis.run(Api.objects.get(), Attempt().running), Later)
