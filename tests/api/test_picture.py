"""`dag/<id>/picture.svg`."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from tests import factories
from tests.blueprints import whole

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("accept", ["image/svg+xml", "text/html,image/*", "*/*"])
def test_a_graph_is_drawn_for_whoever_asks(accept) -> None:
    client = factories.client()
    graph = client.post("/scheduler/dag/create/", whole("bc", ["b>c"])).json()
    answer = client.get(f"/scheduler/dag/{graph['graph_id']}/picture.svg", headers={"Accept": accept})
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "image/svg+xml; charset=utf-8"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert ET.fromstring(answer.content).tag == "{http://www.w3.org/2000/svg}svg"


def test_it_costs_the_same_whatever_its_size(django_assert_num_queries) -> None:
    client = factories.client()
    graph = client.post("/scheduler/dag/create/", whole("abc", ["a>b"])).json()
    with django_assert_num_queries(4):  # who asks, the graph, its tasks, its edges
        client.get(f"/scheduler/dag/{graph['graph_id']}/picture.svg")


def test_errors_are_json() -> None:
    answer = factories.client().get("/scheduler/dag/1/picture.svg", headers={"Accept": "image/svg+xml"})
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
