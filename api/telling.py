"""Sentences and examples that the OpenAPI document has for every kind of object."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, extend_schema_view

from api.schema import IDEMPOTENCY_KEY


def example(name: str, value: Any, *, sent: bool = False) -> OpenApiExample:
    """Return an example of what is answered or, with `sent`, of what is asked."""
    return OpenApiExample(name, value, request_only=sent, response_only=not sent)


def crud(
    one: str, many: str, *, row: Any, shown: Any, sent: Any, replaces: str = "", changing: Sequence[OpenApiParameter] = ()
) -> Any:
    """Return the sentences and examples of the six methods of a kind of object; `changing` are what changes may be told."""
    shows, sends = example(one, shown), example(f"new {one}", sent, sent=True)
    a_one = f"{'an' if one[0] in 'aeiouAEIOU' else 'a'} {one}"
    return extend_schema_view(
        list=extend_schema(summary=f"List {many}, newest first", examples=[example(one, row)]),
        create=extend_schema(summary=f"Create {a_one}", parameters=[IDEMPOTENCY_KEY], examples=[shows, sends]),
        retrieve=extend_schema(summary=f"Show {a_one}", examples=[shows]),
        update=extend_schema(summary=f"Replace {a_one}", description=replaces, parameters=[*changing], examples=[shows, sends]),
        partial_update=extend_schema(summary=f"Change fields of {a_one}", parameters=[*changing], examples=[shows]),
        destroy=extend_schema(summary=f"Delete {a_one}"),
    )
