"""Any text comes back as it was sent, byte for byte, or is refused by the name of its field."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

import pytest

from tests import factories
from tests.blueprints import task
from tests.fuzz.naughty import STRINGS

pytestmark = pytest.mark.django_db

API = "/scheduler/"
TRIMMED = {"name", "execution_key", "key", "queue", "driver"}  # names: what stands around them is no part of them


@pytest.fixture
def client() -> Any:
    client = factories.client()
    client.raise_request_exception = True
    return client


def send(client: Any, path: str, body: dict[str, Any], fields: set[str], text: str) -> None:
    """Send a text in all of these fields; hold that each shows it again, or refuses it by name: then it is sent without."""
    while fields:
        answer = client.post(f"{API}{path}", {**body, **dict.fromkeys(fields, text)})
        told = answer.json()
        if answer.status_code != 400:
            assert answer.status_code in {200, 201}, (text, told)
            for field in fields:
                assert told[field] in ({text, text.strip()} if field in TRIMMED else {text}), (field, text)
            return
        assert told and told.keys() <= fields, (text, told)
        fields = fields - told.keys()


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("project/create/", {"name", "description"}),
        ("dag/create/", {"name", "description", "execution_key"}),
        ("token/create/", {"name"}),
    ],
)
def test_a_text_of_something_new(client, path, fields) -> None:
    for number, text in enumerate(STRINGS):
        send(client, path, {"name": f"new {number}"}, fields, text)


def test_a_text_of_a_task(client) -> None:
    graph = client.post(f"{API}dag/create/", {"name": "g", "tasks": [{**task("a"), "driver": "shell", "command": "x"}]}).json()
    path = f"task/{graph['tasks'][0]['task_id']}/"
    fields = {"name", "key", "description", "command", "queue", "driver", "trigger_rule"}
    for text in STRINGS:
        send(client, path, {}, fields if text.strip() else fields - {"key"}, text)  # a blank key is made from the name


def test_a_text_in_the_configs_of_a_task(client) -> None:
    body = {"name": "g", "tasks": [{**task("a"), "driver": "exec", "command": "echo"}]}
    path = f"{API}task/{client.post(f'{API}dag/create/', body).json()['tasks'][0]['task_id']}/"
    for text in STRINGS:
        configs = {"args": [text], "env": {"TEXT": text}}
        answer = client.patch(path, {"configs": configs})
        if "{{" in text or "{%" in text:
            assert answer.status_code in {200, 400}, text  # templates: a wrong one is refused
        else:
            assert (answer.status_code, answer.json()["configs"]) == (200, configs), text


def test_a_text_of_an_execution(client) -> None:
    run = factories.run()
    for text in STRINGS:
        send(client, f"execution/{run.pk}/", {}, {"note"}, text)
        answer = client.patch(f"{API}execution/{run.pk}/", {"labels": {text: text[:200]}})
        assert answer.json()["labels"] in ({text: text[:200]}, {text: text[:200].strip()}), text


def test_a_text_in_the_params_of_an_execution(client) -> None:
    graph = factories.graph()
    for text in STRINGS:
        answer = client.post(f"{API}dag/{graph.pk}/execute/", {"params": {text: [text]}})
        assert (answer.status_code, answer.json()["params"]) == (201, {text: [text]}), text


def test_a_text_in_a_report(client) -> None:
    run = factories.run({f"t{number}": "WAITING" for number in range(len(STRINGS))})
    for text, job_run in zip(STRINGS, run.job_runs.order_by("pk"), strict=True):
        path = f"{API}execution/tasks/{job_run.pk}/report/"
        progress = client.post(path, {"progress": 0.5, "message": text[:2000]})
        assert progress.json()["progress"]["message"] == text[:2000], text
        assert client.post(path, {"success": True, "result": {text: text}}).json()["results"] == {"result": {text: text}}, text


def test_a_text_in_a_log_stays_one_line_of_json_lines(client) -> None:
    run = factories.run()
    factories.log(factories.job(run, "a"), *STRINGS)
    path = f"{API}execution/tasks/{factories.job(run, 'a').pk}/logs/"
    shown = client.get(path, {"limit": 1000}, headers={"Accept": "application/json"}).json()
    assert [piece["text"] for piece in shown] == STRINGS
    lines = client.get(path, {"limit": 1000}, headers={"Accept": "application/x-ndjson"}).content.decode()
    assert lines.count("\n") == len(STRINGS)


def test_a_text_in_a_query_and_in_a_path(client) -> None:
    words = ("search", "name", "key", "state", "user", "action", "execution_key")
    for text in STRINGS:
        short = text[:500]
        for kind in ("dag", "task", "edge", "project", "execution", "member", "audit"):
            answer = client.get(f"{API}{kind}/list/", dict.fromkeys(words, short))
            assert answer.status_code in {200, 400}, (kind, text)
        for name in ("since", "cursor", "project", "limit"):
            assert client.get(f"{API}execution/list/", {name: short}).status_code in {200, 400, 404}, (name, text)
        key = quote(text, safe="")
        assert client.get(f"{API}execution/report-by-key/{key}/").status_code == 404, text


def test_a_text_in_a_name_is_shown_safely_in_a_picture(client) -> None:
    for text in STRINGS:
        graph = client.post(f"{API}dag/create/", {"name": "g", "tasks": [{**task("a"), "name": text}]})
        if graph.status_code == 201:
            picture = client.get(f"{API}dag/{graph.json()['graph_id']}/picture.svg")
            assert picture.status_code == 200
            ElementTree.fromstring(picture.content)  # well-formed, whatever the name holds
            assert b"<script" not in picture.content
