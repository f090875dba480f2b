"""The client covers the service's OpenAPI document: every operation, every shape."""

from __future__ import annotations

import inspect
import io
import re
from functools import cache
from itertools import product
from typing import Any, get_type_hints, is_typeddict

import httpx
import pytest
from drf_spectacular.generators import SchemaGenerator

from celeriac.client import Client, fields, more_shapes, planning_shapes, shapes
from celeriac.client.synchronous.resource import Resource

# There `update` does what PUT would: all that may be told can be changed.
PUT_BY_UPDATE = {"/scheduler/member/{}/", "/scheduler/project/{}/"}
KINDS = ("sheet", "upload", "connector", "workflow", "api")
OTHER_NAMES = {"GraphTask": "Task", "GraphEdge": "Edge"}


@cache
def document() -> dict[str, Any]:
    return dict(SchemaGenerator().get_schema(request=None, public=True))  # type: ignore[no-untyped-call]


def template(path: str) -> str:
    return re.sub(r"\{\w+\}", "{}", path)


def operations() -> set[tuple[str, str]]:
    found = {
        (method.upper(), template(path))
        for path, methods in document()["paths"].items()
        for method in methods
        if method in {"get", "post", "put", "patch", "delete"}
    }
    updates = {("POST", path) for method, path in found if method == "PATCH"}  # the seed's verb for what PATCH does
    return found - updates - {("PUT", path) for path in PUT_BY_UPDATE}


def sent_by_every_method() -> set[tuple[str, str]]:
    """Call every method of the client with made-up arguments; return what it sent, ids taken out."""
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        if "text/event-stream" in request.headers["Accept"]:
            return httpx.Response(200, content=b"event: end\ndata: {}\n\n")
        rows = re.search(r"/(list|tasks|events|logs|runs|firings|deliveries|revisions)/$", request.url.path)
        return httpx.Response(200, json=[] if rows else {"executions": [], "next": [], "token": "x"})

    with Client("http://service.test", "x", transport=httpx.MockTransport(answer)) as client:
        client.live(), client.ready(), client.metrics()
        for part in (part for part in vars(client).values() if isinstance(part, Resource)):
            methods = [method for name, method in inspect.getmembers(part, inspect.ismethod) if not name.startswith("_")]
            for method, kind in product(methods, KINDS if part is client.jobs else [None]):
                positional, named = made_up(method, kind)
                result = method(*positional, **named)
                if inspect.isgenerator(result):
                    list(result)
        list(client.jobs.list()), client.jobs.run(777), list(client.jobs.runs(777))
    return {(request.method, re.sub(r"/(777|NAME)(?=/)", "/{}", request.url.path)) for request in sent}


def made_up(method: Any, kind: str | None) -> tuple[list[Any], dict[str, Any]]:
    """Return arguments for all that a method needs to be told."""
    values: dict[str, Any] = {"file": io.BytesIO(b"x"), "success": True, "progress": 0.5, "kind": kind}
    positional, named = [], {}
    for name, parameter in inspect.signature(method).parameters.items():
        if parameter.kind is parameter.VAR_KEYWORD or (parameter.default is not parameter.empty and name != "kind"):
            continue
        value = values.get(name, 777 if name.endswith("_id") else "NAME")
        if parameter.kind is parameter.KEYWORD_ONLY:
            named[name] = value
        else:
            positional.append(value)
    return positional, named


@pytest.mark.django_db
def test_every_operation_has_a_method() -> None:
    assert sorted(operations() - sent_by_every_method()) == []


@pytest.mark.django_db
def test_every_answer_has_the_keys_that_its_shape_tells() -> None:
    schemas = document()["components"]["schemas"]
    ours = {
        name: shape
        for module in (shapes, more_shapes, planning_shapes)
        for name, shape in vars(module).items()
        if is_typeddict(shape)
    }
    checked = 0
    for name, schema in schemas.items():
        shape = ours.get(OTHER_NAMES.get(name, name))
        if shape is not None and "properties" in schema:
            checked += 1
            assert set(schema["properties"]) - set(get_type_hints(shape)) == set(), name
    assert checked > 20


@pytest.mark.django_db
def test_what_may_be_told_is_what_the_service_takes() -> None:
    schemas = document()["components"]["schemas"]
    for name, shape in {
        "ProjectRequest": fields.ProjectFields,
        "GraphRequest": fields.GraphFields,
        "GraphTaskRequest": fields.TaskFields,
        "GraphEdgeRequest": fields.EdgeFields,
        "ScheduleRequest": fields.ScheduleFields,
        "NotificationRequest": fields.NotificationFields,
        "PresetRequest": planning_shapes.PresetFields,
    }.items():
        assert set(schemas[name]["properties"]) - set(get_type_hints(shape)) == set(), name
