"""Who may do what: every route, asked by everyone. What is expected follows from the rules that the views declare."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction

from api.models import AuditEntry
from api.rights import RIGHTS, Role, Scope, effective
from dags.models import Graph, Project
from tests import factories
from tests.access.routes import Route, routes
from tests.access.worlds import World, body, world

pytestmark = pytest.mark.django_db

CLOSED = [route for route in routes() if not hasattr(route.view, "open_because")]
SERVICE = {"metrics"}  # of the service as a whole: for its staff
OWN = {"token-list", "token-create", "token-detail"}  # of oneself: takes no role
SHARED = {"node-list", "node-detail"}  # of the service as a whole: for members of any project
PROJECT_IN_QUERY = {"job-spec-submit"}  # its body is a document of another's making
MAKES_PROJECTS = {"project-create"}  # takes a permission of the service, and no role


@pytest.fixture(scope="module")
def worlds(kept: None) -> tuple[World, World]:
    return world("own"), world("other")


@pytest.fixture
def own(worlds: tuple[World, World]) -> World:
    return deepcopy(worlds[0])


@pytest.fixture
def other(worlds: tuple[World, World]) -> World:
    return deepcopy(worlds[1])


def ask(client: Any, route: Route, of: World) -> Any:
    """Return the answer, and undo what it did."""
    sent: Any = body(route.name, route.action, of)
    path = route.path(of.id_for(route.name) if route.parameter else 1)
    if route.name in PROJECT_IN_QUERY:
        path += f"?project={of.project.pk}"
    with transaction.atomic():
        if route.name == "job-upload-create":
            sent["file"] = SimpleUploadedFile("orders.csv", b"a,b\n1,2\n")
            answer = client.post(path, sent, format="multipart")
        else:
            answer = client.generic(route.method, path, factories.as_json(sent), content_type="application/json")
        transaction.set_rollback(True)
    return answer


def served(answer: Any) -> bool:
    """Tell whether who asked might ask.

    A project with an execution that has not ended is deleted by nobody, and to write commands is a right of its own.
    """
    return answer.status_code < 400 or code(answer) in {"project_busy", "commands_forbidden"}


def code(answer: Any) -> str:
    return answer.json().get("code", "")


@pytest.mark.parametrize("route", CLOSED, ids=str)
def test_nobody_is_nobody(route: Route, own: World) -> None:
    answer = ask(factories.nobody(), route, own)
    assert (answer.status_code, code(answer)) == (401, "not_authenticated")


@pytest.mark.parametrize("route", CLOSED, ids=str)
def test_a_role_may_what_it_may_and_no_more(route: Route, own: World) -> None:
    for role in Role:
        user = own.admin if role == Role.ADMIN else factories.member(role, own.project)
        answer = ask(factories.client(user=user), route, own)
        if route.name in SERVICE:
            assert (answer.status_code, code(answer)) == (403, "staff_only")
        elif route.name in MAKES_PROJECTS:
            assert (answer.status_code, code(answer)) == (403, "may_not_make_projects")
        elif route.name in OWN and (role == Role.ADMIN or not route.parameter):
            assert served(answer), (role, answer.content)
        elif route.name in OWN:  # another's
            assert answer.status_code == 404
        elif not route.parameter and route.action == "list":
            assert answer.status_code == 200
        elif route.view.needs[route.action] in RIGHTS[role]:
            assert served(answer), (role, answer.content)
        else:
            assert (answer.status_code, code(answer)) == (403, "role_missing"), role


@pytest.mark.parametrize("route", CLOSED, ids=str)
def test_a_token_may_what_its_scopes_say_and_no_more(route: Route, own: World) -> None:
    for scope in Scope:
        answer = ask(factories.client(user=own.admin, scopes=[scope]), route, own)
        if route.view.needs[route.action] not in effective([scope]):
            assert (answer.status_code, code(answer)) == (403, "scope_missing")
        elif route.name not in SERVICE | MAKES_PROJECTS:
            assert served(answer), (scope, answer.content)


@pytest.mark.parametrize("route", CLOSED, ids=str)
def test_a_superuser_may_all(route: Route, own: World) -> None:
    answer = ask(factories.client(), route, own)
    assert served(answer), answer.content


# --- Two projects ---


@pytest.mark.parametrize("route", [route for route in CLOSED if route.parameter and route.name not in SHARED], ids=str)
def test_what_is_another_projects_does_not_exist(route: Route, own: World, other: World) -> None:
    """Every id of one project, asked for by the other's admin, by a token tied to the other, and by someone of neither."""
    both = factories.member("admin", own.project, other.project)
    for client in (
        factories.client(user=other.admin),
        factories.client(user=both, project=other.project),
        factories.client(project=other.project),
        factories.client(user=factories.member(None)),
    ):
        answer = ask(client, route, own)
        assert answer.status_code == 404, answer.content
        assert own.project.name not in answer.content.decode()
        nothing = client.generic(route.method, route.path(10**15), "{}", content_type="application/json")
        assert (nothing.status_code, nothing.json()) == (404, answer.json()), "it shows whether there is such a thing"


LISTS = [route for route in CLOSED if route.action == "list" and route.name not in SERVICE | SHARED]


@pytest.mark.parametrize("route", LISTS, ids=str)
def test_lists_hold_what_is_ones_own(route: Route, own: World, other: World) -> None:
    factories.client(user=own.admin).post("/scheduler/dag/create/", {"name": "for the trail", "project": own.project.pk})
    mine = ask(factories.client(user=own.admin), route, own).json()
    assert mine, "nothing to see would prove nothing"
    seen = {row.get("id", row.get("graph_id", row.get("task_id"))) for row in mine}
    for client in (
        factories.client(user=other.admin),
        factories.client(project=other.project),
        factories.client(user=factories.member(None)),
    ):
        rows = client.get(route.path(), {"limit": 1000}).json()
        assert not seen & {row.get("id", row.get("graph_id", row.get("task_id"))) for row in rows}
        assert client.get(route.path(), {"project": own.project.pk}).json() in ([], rows)


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("dag/create/", "project"),
        ("task/create/", "parent"),
        ("edge/create/", "task_from"),
        ("schedule/create/", "graph"),
        ("member/create/", "project"),
        ("token/create/", "project"),
        ("job/sheet/create/", "project"),
    ],
)
def test_what_is_another_projects_cannot_be_named(path: str, field: str, own: World, other: World) -> None:
    name = path.strip("/").replace("/", "-")
    answer = factories.client(user=other.admin).post(f"/scheduler/{path}", body(name, "create", own))
    assert answer.status_code == 400
    assert "does not exist" in answer.json()[field][0]


def test_a_graph_moves_only_where_its_mover_may_edit(own: World, other: World) -> None:
    user = factories.member("author", own.project)
    client, path = factories.client(user=user), f"/scheduler/dag/{own.graph.pk}/"
    assert client.patch(path, {"project": other.project.pk}).status_code == 400
    other.membership.pk = None
    other.membership.user, other.membership.role = user, Role.VIEWER
    other.membership.save(force_insert=True)
    answer = client.patch(path, {"project": other.project.pk})
    assert (answer.status_code, code(answer)) == (403, "role_missing")
    type(other.membership).objects.filter(user=user).update(role=Role.AUTHOR)
    assert client.patch(path, {"project": other.project.pk}).json()["project"] == other.project.pk


def test_a_key_launches_only_where_its_user_may_run(own: World, other: World) -> None:
    Graph.objects.update(execution_key="shared")
    user = factories.member("operator", own.project)
    launched = factories.client(user=user).post("/scheduler/execution/key/", {"key": "shared"}).json()["executions"]
    assert [row["project"] for row in launched] == [own.project.pk]


# --- Projects ---


def test_whoever_names_no_project_writes_into_the_default_one_or_is_told() -> None:
    stranger = factories.client(user=factories.member(None))
    refused = stranger.post("/scheduler/dag/create/", {"name": "x"})
    assert (refused.status_code, list(refused.json())) == (400, ["project"])
    assert not Project.objects.filter(name="default").exists()
    assert factories.client().post("/scheduler/dag/create/", {"name": "x"}).status_code == 201
    default = Project.objects.get(name="default")
    assert stranger.post("/scheduler/dag/create/", {"name": "x"}).status_code == 400
    viewer, author = (factories.client(user=factories.member(role, default)) for role in ("viewer", "author"))
    assert code(viewer.post("/scheduler/dag/create/", {"name": "x"})) == "role_missing"
    assert author.post("/scheduler/dag/create/", {"name": "x"}).json()["project"] == default.pk


def test_whoever_makes_a_project_is_its_admin() -> None:
    client = factories.client(user=factories.permitted("dags.add_project"))
    project = client.post("/scheduler/project/create/", {"name": "mine"}).json()
    assert client.delete(f"/scheduler/project/{project['id']}/").status_code == 204
    assert client.post("/scheduler/dag/create/", {"name": "x"}).status_code == 201  # there was no default project yet
    assert AuditEntry.objects.filter(user=client.user).count() == 3
