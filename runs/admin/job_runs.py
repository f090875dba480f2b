"""Runs of tasks in Django admin: what each was to do, what came of it, and its log."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from api.admin.reading import ReadOnlyAdmin, plain, pretty
from dags.admin.showing import StateShown
from runs import selectors
from runs.admin.telling import took
from runs.models import JobRun, LogChunk
from runs.waiting import waiting_for

MAX_MOVES = 100  # shown on the page of a task
LOG_PIECES = 50  # at the end of a log
LOG_TAIL = 50_000  # characters


@admin.register(JobRun)
class JobRunAdmin(StateShown, ReadOnlyAdmin):
    """Runs of tasks, listed by the page of their run."""

    list_display = ["key", "shown_state", "attempt", "told_reason", "queue", "started_at", "took"]
    list_filter = ["state", "started_at"]
    search_fields = ["key", "id__exact"]
    ordering = ["graph_run", "node"]
    show_full_result_count = False
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "graph_run",
                    "key",
                    "name",
                    "shown_state",
                    "attempt",
                    "reason",
                    "waiting",
                    "shown_results",
                    "shown_errors",
                ]
            },
        ),
        ("Times", {"fields": ["available_at", "started_at", "ready_at", "deadline_at", "completed_at"]}),
        ("Work", {"fields": ["driver", "command", "configs", "queue", "priority", "claimed_by", "ran_on"]}),
        ("Counts", {"fields": ["failures", "losses", "waiting_on", "parents_met", "parents_failed"], "classes": ["collapse"]}),
    ]

    class Media:
        css = {"all": ["dags/admin.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[JobRun]:
        return selectors.job_runs().defer("graph_run__params", "graph_run__walkers")

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> JobRun | None:
        """Return the job run with its `task`, as the spec has it."""
        found = super().get_object(request, object_id, from_field)
        if found is not None:
            found.task = selectors.task_run(found).task
        return found

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Leave them out of the index: all of them together tell nothing, and may be millions."""
        return False

    @admin.display(description="took")
    def took(self, run: JobRun) -> timedelta | None:
        return took(run)

    @admin.display(description="reason")
    def told_reason(self, run: JobRun) -> str:
        return (run.reason or "")[:200]

    @admin.display(description="waiting for")
    def waiting(self, run: JobRun) -> str:
        told = waiting_for(run)
        return told["message"] if told else "nothing"

    @admin.display(description="results")
    def shown_results(self, run: JobRun) -> str:
        return pretty(run.results)

    @admin.display(description="errors")
    def shown_errors(self, run: JobRun) -> str:
        return pretty(run.errors)

    @admin.display
    def name(self, run: Any) -> str:
        return str(run.task["name"])

    @admin.display
    def driver(self, run: Any) -> str:
        return str(run.task["driver"])

    @admin.display
    def command(self, run: Any) -> str:
        return plain(run.task["command"])

    @admin.display
    def configs(self, run: Any) -> str:
        return pretty(run.task["configs"])

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> HttpResponse:
        run = context["original"]
        moves = selectors.transitions_of(run, after=0).order_by("-pk")[:MAX_MOVES]
        context |= {"moves": moves, "log": _log_tail(run)}
        return super().render_change_form(request, context, *args, **kwargs)


def _log_tail(run: JobRun) -> str:
    pieces = LogChunk.objects.filter(job_run=run).order_by("-pk").values_list("text", flat=True)[:LOG_PIECES]
    return "".join(reversed(pieces))[-LOG_TAIL:]
