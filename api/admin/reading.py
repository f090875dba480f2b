"""Admin pages that show and change nothing, and how they write values."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html

MAX_TEXT = 20_000  # characters of a value


class ReadOnlyAdmin(admin.ModelAdmin):
    """A page that shows: there is nothing that a form, true or crafted, could change."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def pretty(value: Any) -> str:
    """Return a JSON value as text that can be read; never as markup."""
    return plain("" if value is None else json.dumps(value, indent=2, ensure_ascii=False))


def plain(text: str) -> str:
    """Return text as it is, line by line; never as markup."""
    cut = f"{text[:MAX_TEXT]}\n... and {len(text) - MAX_TEXT} more characters" if len(text) > MAX_TEXT else text
    return format_html('<pre class="plain">{}</pre>', cut)
