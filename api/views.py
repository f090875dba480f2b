"""The doors to access itself: tokens, members, and the audit trail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Q, QuerySet
from rest_framework import mixins
from rest_framework.request import Request
from rest_framework.response import Response

from api import examples, filters, granting, shapes
from api.access import project_of, user_of, visible
from api.doors import Door, EditingDoor
from api.idempotency import idempotent
from api.models import AuditEntry, Membership, Token
from api.permissions import HasScope
from api.rights import Role, Scope


@examples.TOKENS
class TokenViewSet(mixins.RetrieveModelMixin, mixins.DestroyModelMixin, mixins.ListModelMixin, Door):
    """Tokens: one's own, and those tied to projects that one is admin of."""

    kind = "token"
    needs = {"list": Scope.READ, "retrieve": Scope.READ, "create": Scope.ADMIN, "destroy": Scope.ADMIN}
    permission_classes = (HasScope,)  # one's own tokens take no role, and no others are seen but by their project's admin
    queryset = Token.objects.select_related("user")
    serializer_class = shapes.TokenSerializer
    filter_backends = ()
    shown_once = ("token",)

    def get_queryset(self) -> QuerySet[Token]:
        user, tied = user_of(self.request), project_of(self.request)
        tokens = self.rows() if tied is None else self.rows().filter(project=tied)
        if user.is_superuser:
            return tokens
        mine = Membership.objects.filter(user=user, role=Role.ADMIN)
        return tokens.filter(Q(user=user) | Q(project__in=mine.values("project")))

    @idempotent
    def create(self, request: Request) -> Response:
        wanted = self.get_serializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        token, clear = granting.make_token(request, wanted.validated_data)
        self.subject, self.facts = token, {"scopes": token.scopes, "expiry": token.expiry and token.expiry.isoformat()}
        return Response({**self.get_serializer(token).data, "token": clear}, status=201)


@examples.MEMBERS
class MemberViewSet(EditingDoor):
    """Members of projects, and what they may there."""

    kind = "member"
    needs = {**EditingDoor.needs, **dict.fromkeys(("create", "update", "partial_update", "destroy"), Scope.ADMIN)}
    queryset = Membership.objects.select_related("user")
    serializer_class = shapes.MemberSerializer
    filterset_class = filters.MemberFilter
    search_fields = ["user__username"]

    def made(self, fields: Mapping[str, Any]) -> Membership:
        return granting.make_member(self.request, fields)

    def changed(self, pk: int, fields: Mapping[str, Any]) -> Membership:
        return granting.change_member(self.request, pk, fields)


@examples.AUDIT
class AuditViewSet(mixins.ListModelMixin, Door):
    """The audit trail: of their projects for admins, all of it for superusers."""

    needs = {"list": Scope.ADMIN}
    queryset = AuditEntry.objects.all()
    serializer_class = shapes.AuditEntrySerializer
    filterset_class = filters.AuditFilter
    search_fields = ["label"]

    def get_queryset(self) -> QuerySet[AuditEntry]:
        return visible(self.rows(), self.request, right=Scope.ADMIN)
