"""The right to write what runs as a process: shell and exec commands."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User

from dags import drivers
from dags.models import Task
from tests import factories
from tests.blueprints import ADD, task

pytestmark = pytest.mark.django_db

SHELL = {"name": "Say", "key": "say", "driver": "shell", "command": "echo hello"}
EXEC = {"name": "Say", "key": "say", "driver": "exec", "command": "echo hello"}
DOCKER = {"name": "Say", "key": "say", "driver": "docker", "command": "echo hello", "configs": {"image": "busybox"}}
FORBIDDEN = (403, "commands_forbidden")


@pytest.fixture
def project() -> Any:
    return factories.project()


@pytest.fixture
def author(project: Any) -> factories.Client:
    return factories.client(user=factories.member("author", project))


@pytest.fixture
def commander(project: Any) -> factories.Client:
    return factories.client(user=factories.member("author", project, commands=True))


@pytest.fixture
def graph(commander: factories.Client, project: Any) -> dict:
    """Return a graph with a command, written by someone who may."""
    answer = commander.post("/scheduler/dag/create/", {"name": "g", "project": project.pk, "tasks": [SHELL, task("wait")]})
    assert answer.status_code == 201
    return answer.json()


def outcome(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


def path(graph: dict) -> str:
    return f"/scheduler/dag/{graph['graph_id']}/"


def test_these_drivers_take_it() -> None:
    assert [name for name in drivers.names() if drivers.commands(name)] == ["docker", "exec", "shell"]


@pytest.mark.parametrize("command", [SHELL, EXEC, DOCKER, {**SHELL, "driver": None, "is_py_func": 2}])
def test_an_author_without_it_writes_no_command_by_any_way(author, graph, project, command) -> None:
    command = {name: value for name, value in command.items() if value is not None}
    other = {**command, "command": "echo something else"}
    python = author.post("/scheduler/task/create/", {"name": "p", "command": ADD, "parent": graph["graph_id"]}).json()
    one, say = f"/scheduler/task/{python['task_id']}/", f"/scheduler/task/{graph['tasks'][0]['task_id']}/"
    before = list(Task.objects.order_by("pk").values())
    answers = [
        author.post("/scheduler/dag/create/", {"name": "x", "project": project.pk, "tasks": [command]}),
        author.post("/scheduler/task/create/", {**other, "key": "new", "parent": graph["graph_id"]}),
        author.patch(
            one, {"driver": "shell", **{name: other[name] for name in ("driver", "command", "configs") if name in other}}
        ),
        author.patch(say, {"command": "echo something else"}),
        author.patch(say, {"configs": {"env": {"LD_PRELOAD": "/tmp/mine.so"}}}),
        author.patch(say, {"configs": {"args": ["more"]}}),
        author.patch(say, {"driver": "exec"}),
        author.put(say, {**other, "parent": graph["graph_id"]}),
        author.patch(path(graph), {"tasks": [other], "edges": []}),
        author.put(path(graph), {"name": "g", "project": project.pk, "tasks": [other], "edges": []}),
    ]
    assert [outcome(answer) for answer in answers] == [FORBIDDEN] * len(answers)
    assert list(Task.objects.order_by("pk").values()) == before


def test_what_a_graph_runs_already_may_be_arranged_anew(author, graph) -> None:
    say, wait = graph["tasks"]
    assert author.patch(f"/scheduler/task/{say['task_id']}/", {"name": "Said", "retries": 3, "timeout": 5}).status_code == 200
    tasks = [{**SHELL, "key": "again"}, {**SHELL, "priority": 3}, task("wait"), task("more")]
    edges = [{"task_from": "wait", "task_to": "say"}, {"task_from": "say", "task_to": "again"}]
    assert author.patch(path(graph), {"tasks": tasks, "edges": edges}).status_code == 200
    assert author.patch(path(graph), {"name": "renamed"}).status_code == 200
    assert author.delete(f"/scheduler/task/{wait['task_id']}/").status_code == 204


def test_commands_move_only_to_where_they_might_be_written(commander, graph) -> None:
    other = factories.project()
    commander.user.memberships.create(project=other, role="author")
    assert outcome(commander.patch(path(graph), {"project": other.pk})) == FORBIDDEN
    commander.user.memberships.filter(project=other).update(may_write_commands=True)
    assert commander.patch(path(graph), {"project": other.pk}).status_code == 200


@pytest.mark.parametrize("role", ["viewer", "operator"])
def test_the_right_is_nothing_without_the_right_to_edit(project, graph, role) -> None:
    client = factories.client(user=factories.member(role, project, commands=True))
    answer = client.post("/scheduler/task/create/", {**SHELL, "key": "new", "parent": graph["graph_id"]})
    assert outcome(answer) == (403, "role_missing")


def test_an_operator_runs_what_others_wrote(project, graph) -> None:
    client = factories.client(user=factories.member("operator", project))
    assert client.post(f"{path(graph)}execute/").status_code == 201


def test_superusers_have_it_unless_the_settings_say_otherwise(settings, graph, project) -> None:
    user = User.objects.create_superuser("root")
    client = factories.client(user=user)
    new = {**SHELL, "command": "echo new", "parent": graph["graph_id"]}
    assert client.post("/scheduler/task/create/", {**new, "key": "one"}).status_code == 201
    settings.SUPERUSER_COMMANDS = False
    new["command"] = "echo newer"
    assert outcome(client.post("/scheduler/task/create/", {**new, "key": "two"})) == FORBIDDEN
    user.memberships.create(project=project, role="author", may_write_commands=True)
    assert client.post("/scheduler/task/create/", {**new, "key": "two"}).status_code == 201
