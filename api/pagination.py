"""Lists: arrays, newest first, keyset pages by the Link header."""

from __future__ import annotations

from typing import Any

from rest_framework.exceptions import NotFound
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response


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

    def get_paginated_response(self, data: Any) -> Response:
        links = [(self.get_next_link(), "next"), (self.get_previous_link(), "prev")]
        header = ", ".join(f'<{url}>; rel="{rel}"' for url, rel in links if url)
        return Response(data, headers={"Link": header} if header else None)

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        return schema
