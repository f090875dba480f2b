"""Admin pages that show and change nothing, and how they write values."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from runs.models import GraphRun, JobRun

MAX_TEXT = 20_000  # characters of a value


class ReadOnlyAdmin(admin.ModelAdmin):
    """A page that shows: there is nothing that a form, true or crafted, could change."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def changing(row: Model) -> str:
    """Return the path of a row's page."""
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def took(run: GraphRun | JobRun) -> timedelta | None:
    """Return how long a run went on, to the second; None while it does."""
    if run.started_at is None or run.completed_at is None:
        return None
    return timedelta(seconds=round((run.completed_at - run.started_at).total_seconds()))


def pretty(value: Any) -> str:
    """Return a JSON value as text that can be read; never as markup."""
    return plain("" if value is None else json.dumps(value, indent=2, ensure_ascii=False))


def plain(text: str) -> str:
    """Return text as it is, line by line; never as markup."""
    cut = f"{text[:MAX_TEXT]}\n... and {len(text) - MAX_TEXT} more characters" if len(text) > MAX_TEXT else text
    return format_html('<pre class="plain">{}</pre>', cut)
