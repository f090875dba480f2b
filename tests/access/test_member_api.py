"""Members: nobody gives what they do not have."""

from __future__ import annotations

from typing import Any

import pytest

from api.models import Membership
from tests import factories

pytestmark = pytest.mark.django_db

CREATE = "/scheduler/member/create/"


@pytest.fixture
def project() -> Any:
    return factories.project()


@pytest.fixture
def admin(project: Any) -> factories.Client:
    return factories.client(user=factories.member("admin", project))


def path(member: Membership) -> str:
    return f"/scheduler/member/{member.pk}/"


def membership(user: Any) -> Membership:
    return Membership.objects.get(user=user)


def test_a_member_comes_changes_and_goes(admin, project) -> None:
    user = factories.member(None)
    made = admin.post(CREATE, {"project": project.pk, "user": user.username})
    assert (made.status_code, made.json()["role"], made.json()["may_write_commands"]) == (201, "viewer", False)
    client, place = factories.client(user=user), f"/scheduler/member/{made.json()['id']}/"
    body = {"name": "x", "project": project.pk}
    assert client.post("/scheduler/dag/create/", body).status_code == 403
    assert admin.patch(place, {"role": "author"}).json()["role"] == "author"
    assert client.post("/scheduler/dag/create/", body).status_code == 201
    assert admin.delete(place).status_code == 204
    assert client.get(f"/scheduler/project/{project.pk}/").status_code == 404


def test_the_right_to_write_commands_is_given_by_those_who_have_it(admin, project) -> None:
    user = factories.member("author", project)
    answers = [
        admin.patch(path(membership(user)), {"may_write_commands": True}),
        admin.patch(path(membership(admin.user)), {"may_write_commands": True}),  # nor to oneself
        admin.post(
            CREATE,
            {"project": project.pk, "user": factories.member(None).username, "role": "author", "may_write_commands": True},
        ),
    ]
    assert [answer.json()["code"] for answer in answers] == ["not_yours_to_give"] * 3
    flagged = factories.member("viewer", project, commands=True)
    assert admin.patch(path(membership(flagged)), {"role": "author"}).json()["code"] == "not_yours_to_give"
    assert admin.patch(path(membership(flagged)), {"role": "author", "may_write_commands": False}).status_code == 200
    Membership.objects.filter(user=admin.user).update(may_write_commands=True)
    assert admin.patch(path(membership(user)), {"may_write_commands": True}).status_code == 200
    assert factories.client().patch(path(membership(user)), {"role": "admin"}).status_code == 200


def test_it_may_be_taken_away_by_any_admin(admin, project) -> None:
    user = factories.member("author", project, commands=True)
    assert admin.patch(path(membership(user)), {"may_write_commands": False}).json()["may_write_commands"] is False


def test_who_and_where_cannot_be_changed(admin, project) -> None:
    member = membership(factories.member("viewer", project))
    other = factories.project()
    admin.user.memberships.create(project=other, role="admin")
    assert list(admin.patch(path(member), {"user": admin.user.username}).json()) == ["user"]
    assert list(admin.patch(path(member), {"project": other.pk}).json()) == ["project"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"user": "nobody of this name"}, "user"),
        ({"user": {}}, "user"),
        ({"user": ["x"]}, "user"),
        ({"user": None}, "user"),
        ({"role": "god"}, "role"),
        ({"may_write_commands": "perhaps"}, "may_write_commands"),
        ({"is_superuser": True}, "is_superuser"),
    ],
)
def test_a_bad_field_is_named(admin, project, changes, field) -> None:
    body = {"project": project.pk, "user": factories.member(None).username, **changes}
    answer = admin.post(CREATE, body)
    assert (answer.status_code, list(answer.json())) == (400, [field])


def test_nobody_is_a_member_twice(admin, project) -> None:
    answer = admin.post(CREATE, {"project": project.pk, "user": admin.user.username})
    assert (answer.status_code, list(answer.json())) == (400, ["user"])


def test_a_list_costs_the_same_for_any_length(admin, project, django_assert_max_num_queries) -> None:
    for _ in range(20):
        factories.member("viewer", project)
    with django_assert_max_num_queries(3):
        assert len(admin.get("/scheduler/member/list/").json()) == 21
