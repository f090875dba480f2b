"""Lists: arrays, newest first, keyset pages by the Link header."""

from __future__ import annotations

from typing import Any

from rest_framework.exceptions import NotFound
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response

from api.errors import Invalid

MAX_DIGITS = 9  # of a limit; Python refuses to read thousands of them


class NewestFirst(CursorPagination):
    """`?limit=` rows (100, up to 1000), the next page by `Link: <...>; rel="next"`; never a count."""

    page_size = 100
    page_size_query_param = "limit"
    max_page_size = 1000
    ordering = "-pk"

    def decode_cursor(self, request: Request) -> Any:
        """Refuse a forged position: every list here is ordered by whole numbers."""
        cursor = super().decode_cursor(request)
        if cursor and not str(cursor.position or 0).isdecimal():
            raise NotFound(self.invalid_cursor_message)
        return cursor

    def get_page_size(self, request: Request) -> int:
        """Return the limit asked for; refuse one that is not a whole number above 0."""
        asked = request.query_params.get(self.page_size_query_param, str(self.page_size))
        if not asked.isascii() or not asked.isdecimal() or not asked.strip("0"):
            raise Invalid("Must be a whole number above 0.", field=self.page_size_query_param)
        return self.max_page_size if len(asked) > MAX_DIGITS else min(int(asked), self.max_page_size)

    def get_paginated_response(self, data: Any) -> Response:
        links = [(self.get_next_link(), "next"), (self.get_previous_link(), "prev")]
        header = ", ".join(f'<{url}>; rel="{rel}"' for url, rel in links if url)
        return Response(data, headers={"Link": header} if header else None)

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """Tell the OpenAPI document how a page is asked for."""
        limit = {"type": "integer", "minimum": 1, "default": self.page_size}
        told = f"At most this many; more than {self.max_page_size} count as {self.max_page_size}."
        where = {"in": "query", "required": False}
        return [
            {"name": self.page_size_query_param, "description": told, "schema": limit, **where},
            {
                "name": self.cursor_query_param,
                "description": "As the Link header has it.",
                "schema": {"type": "string"},
                **where,
            },
        ]

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        return schema
