"""JSON as it comes: every route reads what everyone has to, refuses what nobody may, and falls over nothing."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from api.models import AuditEntry
from api.parsers import StrictJSONParser
from dags.models import Graph, Project, Task
from dags.specs.parsers import SPEC_PARSERS
from runs.models import GraphRun, JobRun
from scheduler import report_keys
from tests import factories
from tests.access.routes import Route, routes
from tests.access.worlds import World, world
from tests.fuzz.json_texts import ACCEPTED, EITHER, REFUSED

pytestmark = pytest.mark.django_db

BODILESS = {  # they read no body, so that none can be wrong
    "execution-action-cancel",
    "notification-test",
    "notification-rotate",
    "delivery-redeliver",
    "schedule-fire",
    "schedule-pause",
    "schedule-resume",
}
TOLD_BY_MESSAGE = {"plan"}  # after the seed, one at a time: `tests/api/test_planning.py` holds them
DOCUMENTS = {"job-spec-plan", "job-spec-submit"}  # their faults are told all at once, each with its path
READING = [route for route in routes() if route.method in {"POST", "PUT", "PATCH"} and route.name not in BODILESS]
ACTIONS = list({(route.name, route.action): route for route in READING}.values())  # to an object, POST is PATCH by another name


@pytest.fixture(scope="module")
def once(kept: None) -> World:
    return world("own")


@pytest.fixture
def own(once: World, settings: Any) -> World:
    settings.REPORT_LIMIT = 10**9
    return deepcopy(once)


@pytest.fixture
def client() -> Any:
    client = factories.client()
    client.raise_request_exception = True  # what would be a 500 fails the test with its traceback
    return client


def path(route: Route, of: World) -> str:
    if route.name == "report-one-time":
        JobRun.objects.filter(pk=of.waiting.pk).update(state="RUNNING")
        key = report_keys.issue(of.waiting.pk, of.waiting.attempt)
        JobRun.objects.filter(pk=of.waiting.pk).update(state="WAITING")
        return route.path(key)
    return route.path(of.id_for(route.name) if route.parameter else None)


def contents() -> list[Any]:
    """Return all that a request might have changed."""
    return [
        list(model._default_manager.order_by("pk").values()) for model in (Project, Graph, Task, GraphRun, JobRun, AuditEntry)
    ]


@pytest.mark.parametrize("route", ACTIONS, ids=str)
def test_what_nobody_may_read_is_refused_and_changes_nothing(client, own, route) -> None:
    where = path(route, own)
    before = contents()
    for text in REFUSED:
        answer = client.generic(route.method, where, text, content_type="application/json")
        code = "invalid_spec" if route.name in DOCUMENTS else "parse_error"
        assert (answer.status_code, answer.json().get("code")) == (400, code), text[:100]
        within = client.generic(route.method, where, b'{"unknown": ' + text + b"}", content_type="application/json")
        assert within.status_code == 400, text[:100]
    assert contents() == before


@pytest.mark.parametrize("route", ACTIONS, ids=str)
def test_what_everyone_has_to_read_is_read(client, own, route) -> None:
    where = path(route, own)
    for text, _ in ACCEPTED:
        answer = client.generic(route.method, where, b'{"unknown": ' + text + b"}", content_type="application/json")
        assert answer.status_code == 400, text
        if route.name in DOCUMENTS:
            assert "unknown" in [fault["path"] for fault in answer.json()["errors"]], text
        elif route.name not in TOLD_BY_MESSAGE:
            assert answer.json().get("unknown") == ["Unknown field."], text


@pytest.mark.parametrize("route", ACTIONS, ids=str)
def test_what_is_no_object_is_refused(client, own, route) -> None:
    where = path(route, own)
    for text in (text for text, value in ACCEPTED if not isinstance(value, dict)):
        answer = client.generic(route.method, where, text, content_type="application/json")
        assert answer.status_code == 400, text
        assert "detail" in answer.json(), text


@pytest.mark.parametrize("route", READING, ids=str)
def test_every_route_reads_with_the_same_parser(route) -> None:
    assert route.view.parser_classes == (SPEC_PARSERS if route.name in DOCUMENTS else [StrictJSONParser])


def test_nothing_else_makes_it_fall_over(client, own) -> None:
    where = f"/scheduler/execution/{own.ended.pk}/"
    for text in EITHER:
        for body in (text, b'{"unknown": ' + text + b"}"):
            assert client.generic("POST", where, body, content_type="application/json").status_code in {200, 400}


@pytest.mark.parametrize(("text", "value"), ACCEPTED)
def test_a_result_comes_back_as_it_was_reported(client, own, text, value) -> None:
    where = f"/scheduler/execution/tasks/{own.waiting.pk}/"
    body = b'{"success": true, "result": ' + text + b"}"
    assert client.generic("POST", f"{where}report/", body, content_type="application/json").status_code == 200
    result = client.get(where).json()["results"]["result"]
    assert (result, type(result)) == (value, type(value))
    again = client.generic("POST", f"{where}report/", body, content_type="application/json")
    assert again.json()["duplicate"] is True
