"""Members of projects are written by the rules of the API, and the audit trail is read."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from api.models import AuditEntry, Membership
from tests import factories

pytestmark = pytest.mark.django_db

MEMBERS = "/admin/api/membership/"
TRAIL = "/admin/api/auditentry/"
SCRIPT = "<script>alert(1)</script>"


def faults(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 200
    return dict(answer.context["adminform"].form.errors)


def trail() -> list[str]:
    return list(AuditEntry.objects.exclude(action__startswith="login").order_by("pk").values_list("action", flat=True))


def test_a_member_is_made_changed_and_removed(boss: Client) -> None:
    user, home, other = factories.member(None), factories.project("home"), factories.project("other")
    assert boss.post(f"{MEMBERS}add/", {"user": user.pk, "project": home.pk, "role": "viewer"}).status_code == 302
    one = Membership.objects.get()
    assert (one.user, one.project, one.role, one.may_write_commands) == (user, home, "viewer", False)
    sent = {"user": boss.session["_auth_user_id"], "project": other.pk, "role": "author", "may_write_commands": "on"}
    assert boss.post(f"{MEMBERS}{one.pk}/change/", sent).status_code == 302
    one.refresh_from_db()
    assert (one.user, one.project, one.role, one.may_write_commands) == (user, home, "author", True)
    assert AuditEntry.objects.get(action="member.update").facts == {
        "role": ["viewer", "author"],
        "may_write_commands": [False, True],
    }
    chosen = {"action": "delete_selected", "_selected_action": [one.pk], "post": "yes"}
    assert boss.post(MEMBERS, chosen).status_code == 302
    assert not Membership.objects.exists()
    assert trail() == ["member.create", "member.update", "member.delete"]


def test_nobody_is_a_member_twice(boss: Client) -> None:
    home = factories.project()
    user = factories.member("viewer", home)
    found = faults(boss.post(f"{MEMBERS}add/", {"user": user.pk, "project": home.pk, "role": "admin"}))
    assert found == {"user": ["Is a member of this project already."]}
    assert Membership.objects.get().role == "viewer"


def test_the_right_to_write_commands_is_given_by_those_who_have_it(staff: Any) -> None:
    clerk, home = (
        staff("add_membership", "change_membership", "view_membership", "view_user", "view_project"),
        factories.project(),
    )
    sent = {"user": factories.member(None).pk, "project": home.pk, "role": "author", "may_write_commands": "on"}
    assert set(faults(clerk.post(f"{MEMBERS}add/", sent))) == {"may_write_commands"}
    assert not Membership.objects.exists()
    own = User.objects.get(pk=clerk.session["_auth_user_id"])
    Membership.objects.create(user=own, project=home, role="author", may_write_commands=True)
    assert clerk.post(f"{MEMBERS}add/", sent).status_code == 302


def test_the_trail_is_read_and_found(boss: Client) -> None:
    entry = AuditEntry.objects.create(
        action="dag.create", user_name="ada", label=SCRIPT, project=factories.project(), facts={"name": SCRIPT}, request_id="r1"
    )
    AuditEntry.objects.create(action="execution.cancel", user_name="bob")
    for query in ("q=ada", "q=dag.create", "q=r1", "kind=dag", f"project__id__exact={entry.project_id}"):
        assert [one.pk for one in boss.get(f"{TRAIL}?{query}").context["cl"].result_list] == [entry.pk], query
    for path in (TRAIL, f"{TRAIL}{entry.pk}/change/"):
        text = boss.get(path).content.decode()
        assert "<script>alert" not in text
        assert "&lt;script&gt;alert" in text


def test_an_entry_outlives_its_project_and_can_still_be_shown(boss: Client) -> None:
    home = factories.project()
    entry = AuditEntry.objects.create(action="project.delete", project=home, user_id=10**6)
    home.delete()
    assert boss.get(TRAIL).status_code == boss.get(f"{TRAIL}{entry.pk}/change/").status_code == 200


def test_the_trail_is_nobodys_to_write(boss: Client) -> None:
    entry = AuditEntry.objects.create(action="dag.create", user_name="ada")
    assert boss.get(f"{TRAIL}add/").status_code == boss.post(f"{TRAIL}add/", {"action": "x"}).status_code == 403
    assert boss.post(f"{TRAIL}{entry.pk}/change/", {"action": "x"}).status_code == 403
    assert boss.post(f"{TRAIL}{entry.pk}/delete/", {"post": "yes"}).status_code == 403
    boss.post(TRAIL, {"action": "delete_selected", "_selected_action": [entry.pk], "post": "yes"})
    assert AuditEntry.objects.get(pk=entry.pk).action == "dag.create"


def test_staff_without_the_permission_sees_neither(staff: Any) -> None:
    clerk = staff()
    answer = clerk.get(TRAIL, headers={"Accept": "text/html"})
    assert (answer.status_code, answer.headers["Content-Type"]) == (403, "text/html; charset=utf-8")
    assert b"You may not do this" in answer.content
    assert clerk.get(MEMBERS).json()["code"] == "forbidden"
