"""What the OpenAPI document tells of tokens, members and the audit trail."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view

from api import shapes
from api.schema import IDEMPOTENCY_KEY

_TOKEN = {
    "id": 7,
    "name": "nightly import",
    "user": "ada",
    "scopes": ["read", "run"],
    "project": 1,
    "created": "2027-01-01T06:50:31.520896Z",
    "expiry": "2028-01-01T00:00:00Z",
}
_MEMBER = {
    "id": 3,
    "project": 1,
    "user": "ada",
    "role": "author",
    "may_write_commands": False,
    "created_at": "2027-01-01T06:50:31.520896Z",
}
_ENTRY = {
    "id": 912,
    "at": "2027-01-01T06:50:31.520896Z",
    "user": "ada",
    "token": 7,
    "action": "dag.update",
    "object_id": 4,
    "label": "Monthly orders",
    "project": 1,
    "address": "192.0.2.17",
    "request_id": "5f0c3b9e8a1d4c7fb1c1a0c2d3e4f506",
    "facts": {"name": ["Orders", "Monthly orders"]},
}


def _shown(name: str, value: object) -> OpenApiExample:
    return OpenApiExample(name, value, response_only=True)


def _sent(name: str, value: object) -> OpenApiExample:
    return OpenApiExample(name, value, request_only=True)


TOKENS = extend_schema_view(
    list=extend_schema(summary="List tokens, newest first", examples=[_shown("token", _TOKEN)]),
    create=extend_schema(
        summary="Make a token for oneself",
        description="The answer shows the token, this once: it is kept as a hash alone, and a repeated Idempotency-Key answers "
        "without it. A token cannot make one that may more than itself.",
        parameters=[IDEMPOTENCY_KEY],
        request=shapes.TokenSerializer,
        responses={201: shapes.NewTokenSerializer},
        examples=[
            _sent("new token", {"name": "nightly import", "scopes": ["read", "run"], "project": 1}),
            _shown("token", {**_TOKEN, "token": "f0e1...(64 characters)"}),
        ],
    ),
    retrieve=extend_schema(summary="Show a token, without its clear text", examples=[_shown("token", _TOKEN)]),
    destroy=extend_schema(summary="Revoke a token, at once"),
)
MEMBERS = extend_schema_view(
    list=extend_schema(summary="List members, newest first", examples=[_shown("member", _MEMBER)]),
    create=extend_schema(
        summary="Add a member to a project",
        parameters=[IDEMPOTENCY_KEY],
        examples=[_sent("new member", {"project": 1, "user": "ada", "role": "author"}), _shown("member", _MEMBER)],
    ),
    retrieve=extend_schema(summary="Show a member", examples=[_shown("member", _MEMBER)]),
    update=extend_schema(summary="Replace what a member may", examples=[_shown("member", _MEMBER)]),
    partial_update=extend_schema(
        summary="Change what a member may", examples=[_sent("promote", {"role": "author"}), _shown("member", _MEMBER)]
    ),
    destroy=extend_schema(summary="Remove a member from its project"),
)
AUDIT = extend_schema_view(
    list=extend_schema(
        summary="List who did what, newest first",
        description="For admins what concerns their projects, for superusers everything.",
        examples=[_shown("entry", _ENTRY)],
    )
)
