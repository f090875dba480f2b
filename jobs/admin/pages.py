"""The pages of jobs: one for each kind, made of what its model says."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Field, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join

from api import audit
from api.admin.filters import FewFilter
from api.errors import CeleriacError
from dags.admin import showing
from dags.admin.doors import ServiceAdmin
from dags.admin.showing import StateShown
from dags.models import Job
from jobs import selectors, services, tables
from jobs.admin.forms import JobForm, form_field
from jobs.doors import KINDS

ROWS = 20  # of its table, on a job's page
NOTHING = "nothing yet"
ABOUT = ["shown_state", "latest_run", "succeeded_at", "changed_at", "created_at"]
OF_FILES = ["file_name", "size", "digest"]
FOUND = ["reads"]
SHARED = ["name", "project", "description", "is_scheduled"]
FOLDED = {"headers", "query", "body", "timeout", "max_bytes", "max_rows", "time_limit", "encoding", "max_bad_rows"}


class JobAdmin(StateShown, ServiceAdmin):
    """Jobs of one kind; states are the roll-up's, and secrets nobody's to see."""

    kind = "job"
    form = JobForm
    list_filter = ["state", "is_scheduled", ("project", FewFilter)]
    list_select_related = ["project"]
    autocomplete_fields = ["project"]  # there may be thousands
    ordering = ["-pk"]
    show_full_result_count = False

    class Media:
        css = {"all": ["dags/admin.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return selectors.with_latest_run(self.model._default_manager.select_related("project"))

    def get_list_display(self, request: HttpRequest) -> Any:
        return ["name", "project", "shown_state", "latest_run", *self._table(), "is_scheduled", "succeeded_at"]

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        return ["name", "description", "project__name", *self._table(), "id__exact"]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        own = [name for name in self._own() if name not in FOLDED and name not in ({"file"} if obj else OF_FILES)]
        folded = [name for name in self._own() if name in FOLDED]
        found = [column.name for column in self.opts.local_fields if column.name in FOUND and obj]
        sets = [(None, {"fields": SHARED}), ("What it does", {"fields": [*own, *found]})]
        if folded:
            sets.append(("More", {"fields": folded, "classes": ["collapse"]}))
        return [*sets, ("About it", {"fields": ABOUT}), ("Its table", {"fields": ["first_rows"]})] if obj else sets

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Keep a job in its project, where its table is, and an upload with its file."""
        return [*FOUND, *ABOUT, "first_rows", *OF_FILES, *(["project"] if obj else [])]

    def _own(self) -> list[str]:
        return [column.name for column in self.opts.local_fields if column.editable and not column.primary_key]

    def _table(self) -> list[str]:
        return ["table"] if "table" in self._own() else []

    def formfield_for_dbfield(self, db_field: Field[Any, Any], request: Any, **kwargs: Any) -> Any:
        return form_field(db_field, super().formfield_for_dbfield(db_field, request, **kwargs))

    @admin.display(empty_value="never")
    def latest_run(self, job: Any) -> str | None:
        run = getattr(job, "latest_run", None)
        page = run and reverse("admin:runs_jobrun_change", args=[run["id"]])
        return run and format_html('<a href="{}">{}</a>', page, showing.state(run["state"]))

    @admin.display(description=f"first {ROWS} rows")
    def first_rows(self, job: Any) -> str:
        """Return the first rows of its table; never as markup."""
        try:
            found = tables.first_rows(job, None, ROWS)
        except CeleriacError as error:
            return error.message
        if not found["columns"]:
            return NOTHING
        head = format_html_join("", "<th>{}</th>", ((column["name"],) for column in found["columns"]))
        body = format_html_join("", "<tr>{}</tr>", ((_cells(row),) for row in found["rows"]))
        return format_html('<table class="rows"><thead><tr>{}</tr></thead><tbody>{}</tbody></table>', head, body)

    def save_model(self, request: HttpRequest, obj: Job, form: Any, change: bool) -> None:
        before = self.model._default_manager.get(pk=obj.pk) if change else None
        written = form.write()
        obj.pk = written.pk
        facts = {name: value for name, value in form.written().items() if name != "file"}
        self.write_down(request, "update" if change else "create", written, audit.changes(before, facts))

    def erase(self, ids: list[Any]) -> None:
        services.delete_jobs(ids)


def _cells(row: list[Any]) -> str:
    return format_html_join("", "<td>{}</td>", (("" if value is None else str(value),) for value in row))


admin.site.register(list(KINDS.values()), JobAdmin)
