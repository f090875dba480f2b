"""The audit trail, to be read: the database itself refuses to have an entry changed or deleted."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from api.admin.filters import FewFilter
from api.admin.reading import ReadOnlyAdmin, pretty
from api.models import AuditEntry


class KindFilter(admin.SimpleListFilter):
    """What was done by its first word: told, not read from the rows, of which there may be millions."""

    title = "kind"
    parameter_name = "kind"
    KINDS = (
        *("login", "refused", "denied", "dag", "project", "job", "execution", "schedule", "notification", "delivery"),
        *("token", "member"),
    )

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, Any]]:
        return [(kind, kind) for kind in self.KINDS]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        kind = self.value()
        return queryset.filter(action__startswith=kind) if kind in self.KINDS else queryset


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    """Who did what to what, newest first."""

    list_display = ["at", "user_name", "action", "label", "project", "address"]
    list_filter = [KindFilter, "at", ("project", FewFilter)]
    list_select_related = ["project"]
    search_fields = ["user_name__exact", "action__startswith", "label__startswith", "request_id__exact", "address__exact"]
    search_help_text = "A user, an action such as dag.create, the beginning of a name, a request id or an address."
    show_full_result_count = False
    ordering = ["-pk"]
    fields = ["at", "user_name", "user", "token", "action", "label", "object_id", "project", "address", "request_id", "told"]

    @admin.display(description="facts")
    def told(self, entry: AuditEntry) -> str:
        return pretty(entry.facts)
