"""Nobody gives what they do not have: tokens that may no more than their maker, and rights among members."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.utils import timezone
from rest_framework.request import Request

from api.access import Asking, may_write_commands, project_of, scopes_of, user_of
from api.errors import Forbidden, Invalid
from api.models import Membership, Token
from api.rights import RIGHTS, Scope, effective


class MoreThanItself(Forbidden):
    """A token cannot make another one that may more, or lives longer, than itself."""

    code = "more_than_itself"


class NotYoursToGive(Forbidden):
    """The right to write commands can be given by those alone who have it."""

    code = "not_yours_to_give"


class AlreadyMember(Invalid):
    """Is a member of this project already."""

    code = "already_member"


def make_token(request: Request, fields: Mapping[str, Any]) -> tuple[Token, str]:
    """Return a new token of who asks, and its only copy in clear; what is not told is as with the asking token."""
    asking = request.auth if isinstance(request.auth, Token) else None
    tied = project_of(request)
    scopes = list(fields.get("scopes", sorted(scopes_of(request))))
    project_id = fields["project"].pk if fields.get("project") else None
    expiry = fields.get("expiry")
    if asking:
        project_id = project_id or tied
        expiry = expiry or asking.expiry
        longer = asking.expiry is not None and expiry > asking.expiry
        if longer or not effective(scopes) <= scopes_of(request) or (tied is not None and project_id != tied):
            raise MoreThanItself
    lifetime: timedelta | None = expiry - timezone.now() if expiry else None
    token, clear = Token.objects.create(
        user=user_of(request), expiry=lifetime, name=fields.get("name", ""), scopes=scopes, project_id=project_id
    )
    return token, clear


def make_member(request: Asking, fields: Mapping[str, Any]) -> Membership:
    """Return a new membership; raise `AlreadyMember` or `NotYoursToGive`."""
    member = Membership(**fields)
    if Membership.objects.filter(user=member.user, project=member.project).exists():
        raise AlreadyMember(field="user")
    _check_commands(request, member, before=False)
    member.save(force_insert=True)
    return member


def change_member(request: Asking, pk: int, fields: Mapping[str, Any]) -> Membership:
    """Change what a member may; who it is and where stays. Raise `NotYoursToGive`."""
    member = Membership.objects.select_for_update(no_key=True, of=("self",)).select_related("user").get(pk=pk)
    before = _writes_commands(member)
    for name in ("user", "project"):
        if name in fields and fields[name] != getattr(member, name):
            raise Invalid("This cannot be changed: remove the member and add another one.", field=name)
    for name, value in fields.items():
        setattr(member, name, value)
    _check_commands(request, member, before=before)
    member.save(update_fields=["role", "may_write_commands"])
    return member


def _check_commands(request: Asking, member: Membership, *, before: bool) -> None:
    given = _writes_commands(member) and not before
    user = user_of(request)
    if given and not (user.is_superuser or may_write_commands(user, member.project_id)):
        raise NotYoursToGive


def _writes_commands(member: Membership) -> bool:
    """Tell whether the membership lets its user write commands: the flag alone does not, without the right to edit."""
    return member.may_write_commands and Scope.EDIT in RIGHTS[member.role]
