"""`"launch": true`: a plan becomes an execution, for those who may."""

from __future__ import annotations

from typing import Any

import pytest

from api.models import AuditEntry
from dags.models import Graph
from runs.models import GraphRun
from tests import factories

pytestmark = pytest.mark.django_db

PATH = "/api/v1/schedule/"
ASKED = {
    "t0": "2022-01-01 12:00",
    "t1": "2022-01-01 14:00",
    "policy": {"policy": "dummy", "config": {"seed": 1, "parts": 2}},
}


@pytest.fixture
def project() -> Any:
    return factories.project()


def ask(client: Any, launch: Any = True, **more: Any) -> Any:
    return client.post(PATH, {**ASKED, "launch": launch}, **more)


def test_the_execution_is_answered_beside_the_plan(project: Any) -> None:
    client = factories.client(user=factories.member("author", project, commands=True))
    answer = ask(client, {"project": project.pk, "queue": "dome", "name": "tonight"})
    assert answer.status_code == 201
    body = answer.json()
    assert (body["status"], body["message"]) == ("ok", "Success")
    assert body["commands"].startswith("import time\ntime.sleep(")
    execution = body["execution"]
    assert (execution["name"], execution["project"], execution["trigger"]) == ("tonight", project.pk, "manual")
    assert [(task["key"], task["driver"]) for task in execution["tasks"]] == [
        ("wait_1", "wait_until"),
        ("block_1", "exec"),
        ("wait_2", "wait_until"),
        ("block_2", "exec"),
    ]
    graph = Graph.objects.get(pk=execution["dag"])
    assert list(graph.tasks.filter(driver="exec").values_list("queue", flat=True)) == ["dome", "dome"]
    assert set(graph.tasks.filter(driver="wait_until").values_list("queue", flat=True)) == {None}
    assert list(AuditEntry.objects.order_by("pk").values_list("action", "project")) == [
        ("dag.create", project.pk),
        ("dag.execute", project.pk),
    ]


def test_what_is_launched_is_what_is_answered(project: Any) -> None:
    body = ask(factories.client(), {"project": project.pk, "driver": "offline"}).json()
    blocks = [task["configs"]["kwargs"]["block"] for task in body["execution"]["tasks"] if task["driver"] == "offline"]
    assert "".join(f"{line}\n" for line in ["import time", *(one["commands"][0] for one in blocks)]) == body["commands"]


def test_a_repeated_key_launches_once(project: Any) -> None:
    client = factories.client()
    answers = [ask(client, {"project": project.pk}, headers={"Idempotency-Key": "tonight"}) for _ in range(2)]
    assert answers[0].json()["execution"] == answers[1].json()["execution"]
    assert (Graph.objects.count(), GraphRun.objects.count()) == (1, 1)


@pytest.mark.parametrize(
    ("who", "scopes", "how", "code"),
    [
        ("viewer", None, {"driver": "offline"}, "role_missing"),
        ("operator", None, {"driver": "offline"}, "role_missing"),
        ("author", ["read"], {"driver": "offline"}, "role_missing"),
        ("author", ["read", "run"], {"driver": "offline"}, "role_missing"),
        ("author", ["read", "edit"], {"driver": "offline"}, "role_missing"),
        ("author", ["read", "edit", "run"], {"driver": "offline"}, None),
        ("author", None, {"driver": "shell", "command": "true"}, "commands_forbidden"),
        ("author", None, {}, "commands_forbidden"),
        ("author with commands", None, {}, None),
    ],
)
def test_it_takes_the_rights_of_what_it_does(project: Any, who: str, scopes: Any, how: Any, code: str | None) -> None:
    role, _, commands = who.partition(" with ")
    client = factories.client(user=factories.member(role, project, commands=bool(commands)), scopes=scopes)
    answer = ask(client, {"project": project.pk, **how})
    assert (answer.status_code, answer.json().get("code")) == ((403, code) if code else (201, None))
    assert answer.json()["status"] == ("error" if code else "ok")
    assert GraphRun.objects.exists() is (code is None)


def test_without_a_token_nothing_is_launched(project: Any, settings: Any) -> None:
    settings.OPEN_PLANNING = True
    for launch in (True, {"project": project.pk}):
        assert ask(factories.nobody(), launch).status_code == 401
    assert ask(factories.nobody(), False).status_code == 200
    assert not Graph.objects.exists()


def test_another_projects_name_does_not_exist(project: Any) -> None:
    answer = ask(factories.client(user=factories.member("admin", factories.project())), {"project": project.pk})
    assert answer.status_code == 400
    assert "does not exist" in answer.json()["project"][0]
    assert "does not exist" in answer.json()["message"]


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"speed": 1}, "speed: Unknown field."),
        ({"driver": "warp"}, "tasks: tasks[1].driver: Unknown driver 'warp'"),
        ({"driver": "shell"}, "tasks: tasks[1].command: A task of the driver shell needs a command."),
        ({"driver": "python", "command": "os.system"}, "tasks: tasks[1].command: Unknown callable 'os.system'"),
        ({"queue": "a b"}, "queue: A queue is named with"),
        ({"timeout": 0}, "timeout: "),
    ],
)
def test_what_is_wrong_with_a_launch_is_told_and_nothing_stays(project: Any, how: Any, message: str) -> None:
    answer = ask(factories.client(), {"project": project.pk, **how})
    assert answer.status_code == 400
    assert answer.json()["message"].startswith(message)
    assert not Graph.objects.exists()


def test_without_a_project_it_goes_where_graphs_go_that_name_none(project: Any) -> None:
    tied = factories.client(user=factories.member("author", project, commands=True), project=project)
    assert ask(tied).json()["execution"]["project"] == project.pk
