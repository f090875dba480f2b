"""POST /scheduler/job-spec/plan/: a document in, its plan or all of its faults out; nothing is done."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from api.models import AuditEntry
from runs.models import GraphRun
from scheduler.specs.examples import PLAN, SPEC
from tests import factories

pytestmark = pytest.mark.django_db

PATH = "/scheduler/job-spec/plan/"


def post(body: Any, media_type: str = "application/yaml", path: str = PATH, client: Any = None, **headers: str) -> Any:
    text = body if isinstance(body, str) else yaml.safe_dump(body, sort_keys=False)
    return (client or factories.client()).generic("POST", path, text, content_type=media_type, headers=headers)


@pytest.mark.parametrize("media_type", ["application/yaml", "application/x-yaml", "text/yaml", "text/yaml; charset=utf-8"])
def test_a_spec_is_planned_from_yaml(media_type: str) -> None:
    answer = post(SPEC, media_type)
    assert answer.status_code == 200, answer.content
    assert [pipeline["name"] for pipeline in answer.json()["plan"]] == ["serve", "ping", "stop"]


def test_a_spec_is_planned_from_json() -> None:
    answer = post(json.dumps(SPEC), "application/json")
    assert answer.json() == post(SPEC).json()


def test_without_nodes_each_is_null_with_the_reason() -> None:
    told = post(SPEC).json()
    assert told["nodes"] == [
        {"name": "srv", "node": None, "ip": None, "role": "database", "reason": "there are no nodes"},
        {"name": "cli", "node": None, "ip": None, "role": "loader", "reason": "there are no nodes"},
    ]
    assert told["critical_path"] == PLAN["critical_path"]
    assert told["plan"][0]["stages"][0]["nodes"] == [{"name": "srv", "node": None, "ip": None}]


def test_nothing_is_written() -> None:
    before = AuditEntry.objects.count()
    post(SPEC)
    assert (GraphRun.objects.count(), AuditEntry.objects.count()) == (0, before)


@pytest.mark.parametrize("body", ["", "[]", "5", "name: [1", "a: 1\na: 2\n", "\x00"])
@pytest.mark.parametrize("media_type", ["application/yaml", "application/json"])
def test_whatever_is_no_spec_is_refused_with_its_faults(body: str, media_type: str) -> None:
    answer = post(body, media_type)
    assert answer.status_code == 400
    told = answer.json()
    assert told["code"] == "invalid_spec"
    assert all(error.keys() == {"path", "message"} for error in told["errors"])


def test_all_faults_are_told_at_once_in_the_order_of_the_document() -> None:
    spec = {**SPEC, "foo": 1, "stages": [*SPEC["stages"], {"name": "ping", "tasks": []}]}
    assert post(spec).json() == {
        "detail": "The job spec has 3 faults.",
        "code": "invalid_spec",
        "errors": [
            {"path": "stages[3].name", "message": "The name 'ping' is taken by stages[1]."},
            {"path": "stages[3].tasks", "message": "At least one is needed."},
            {"path": "foo", "message": "Unknown field 'foo'."},
        ],
    }


@pytest.mark.parametrize(("path", "headers"), [(f"{PATH}?format=echo", {}), (PATH, {"Accept": "text/plain"})])
def test_a_plan_is_told_as_an_echo(path: str, headers: dict[str, str]) -> None:
    answer = post(SPEC, path=path, **headers)
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.content.decode().splitlines()[:3] == [
        "execute stage server on node srv",
        "task driver SHELL",
        "shell exec python3 -m http.server 8765",
    ]


def test_the_faults_of_an_echo_are_json() -> None:
    answer = post("{}", path=f"{PATH}?format=echo")
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "application/json")
    assert len(answer.json()["errors"]) == 4


def test_other_media_types_are_refused() -> None:
    assert post(SPEC, "text/plain").status_code == 415
    assert post(SPEC, "multipart/form-data; boundary=x").status_code == 415


def test_a_body_is_bounded(settings: Any) -> None:
    settings.MAX_GRAPH_BODY = 100
    assert post(SPEC).status_code == 413


def test_the_project_that_it_is_meant_for_has_to_be_ones_own() -> None:
    own, other = factories.project(), factories.project()
    viewer = factories.client(user=factories.member("viewer", own))
    assert post(SPEC, path=f"{PATH}?project={own.pk}", client=viewer).status_code == 200
    for name in (str(other.pk), "999999", "x", ""):
        assert list(post(SPEC, path=f"{PATH}?project={name}", client=viewer).json()) == ["project"]


def test_nodes_are_for_members_to_see() -> None:
    factories.node("n1", roles=["database"], ip="10.0.0.1")
    factories.node("n2")
    told = post(SPEC, client=factories.client(user=factories.member("viewer", factories.project()))).json()
    assert [(one["node"], one["ip"], one["reason"]) for one in told["nodes"]] == [("n1", "10.0.0.1", None), ("n2", None, None)]
    stranger = post(SPEC, client=factories.client(user=factories.member(None))).json()
    assert [one["node"] for one in stranger["nodes"]] == [None, None]


def test_a_plan_costs_a_few_queries_however_many_nodes_there_are(django_assert_max_num_queries: Any) -> None:
    client = factories.client()
    for number in range(30):
        factories.node(f"n{number}", roles=["database", "loader"])
    with django_assert_max_num_queries(8):
        assert post(SPEC, client=client).json()["nodes"][0]["node"] == "n0"
