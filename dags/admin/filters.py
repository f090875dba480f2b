"""Filters of the admin's lists."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

NEVER = "never"


class LatestStateFilter(admin.SimpleListFilter):
    """Graphs by the `state` of their latest run."""

    title = "latest run"
    parameter_name = "latest"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, Any]]:
        runs = apps.get_model("runs", "GraphRun")  # a layer above: found by name, not imported
        return [*(runs._meta.get_field("state").choices or ()), (NEVER, "Never run")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        wanted = self.value()
        return queryset.filter(state=None if wanted == NEVER else wanted) if wanted else queryset
