"""Runs of graphs in Django admin: their picture, tasks and moves; those that have ended can be deleted."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils.html import format_html

from api.admin.filters import FewFilter
from api.admin.reading import ReadOnlyAdmin, pretty
from dags import picture as drawing
from dags.admin.doors import ServiceAdmin, filtered
from dags.admin.showing import StateShown
from runs import retention, selectors
from runs.admin.telling import took
from runs.models import GraphRun, JobRun
from runs.states import GRAPH_FINISHED

MAX_ROWS = 100  # tasks and moves shown on a run's page
MAX_DRAWN = 300  # tasks of a run whose picture is shown


@admin.register(GraphRun)
class GraphRunAdmin(StateShown, ServiceAdmin, ReadOnlyAdmin):
    """Runs of graphs; one that has ended can be deleted with all that belongs to it."""

    kind = "execution"
    list_display = ["id", "name", "shown_state", "project", "trigger", "size", "created_at", "took"]
    list_display_links = ["id", "name"]
    list_filter = ["state", "trigger", "created_at", ("project", FewFilter)]
    list_select_related = ["graph", "project"]
    search_fields = ["name", "project__name", "id__exact", "task_id__exact"]
    show_full_result_count = False  # that would count every run there ever was
    ordering = ["-pk"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "shown_state",
                    "graph",
                    "project",
                    "trigger",
                    "launched_by",
                    "parent_run",
                    "tasks",
                    "reason",
                    "shown_params",
                ]
            },
        ),
        ("Times", {"fields": ["created_at", "scheduled_for", "place_by", "started_at", "completed_at", "cancel_requested_at"]}),
        ("More", {"fields": ["task_id", "note", "labels", "shown_placement"], "classes": ["collapse"]}),
    ]

    class Media:
        css = {"all": ["dags/admin.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[GraphRun]:
        runs = GraphRun.objects.select_related("graph", "project", "launched_by", "parent_run")
        return runs.defer("walkers", "graph__params_schema", "graph__description", "parent_run__params", "parent_run__walkers")

    @admin.display(description="took")
    def took(self, run: GraphRun) -> timedelta | None:
        return took(run)

    @admin.display(description="tasks")
    def tasks(self, run: GraphRun) -> str:
        selectors.with_counts([run])
        counts = f"{run.size}: {run.success_count} succeeded, {run.fail_count} failed"
        return format_html('<a href="{}">{}</a>', filtered(JobRun, graph_run=run.pk), counts)

    @admin.display(description="params")
    def shown_params(self, run: GraphRun) -> str:
        return pretty(run.params)

    @admin.display(description="nodes")
    def shown_placement(self, run: GraphRun) -> str:
        return pretty(run.placement)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> HttpResponse:
        run = context["original"]
        job_runs = JobRun.objects.filter(graph_run=run).order_by("node").defer("results", "errors", "progress")
        context |= {
            "job_runs": job_runs[:MAX_ROWS],
            "all_job_runs": filtered(JobRun, graph_run=run.pk),
            "moves": selectors.transitions(run.pk, after=0).order_by("-pk")[:MAX_ROWS],
            "drawn": run.expanded and run.size <= MAX_DRAWN,
        }
        return super().render_change_form(request, context, *args, **kwargs)

    # --- The picture ---

    def get_urls(self) -> list[Any]:
        picture = self.admin_site.admin_view(self.picture)
        return [path("<int:pk>/picture.svg", picture, name="runs_graphrun_picture"), *super().get_urls()]

    def picture(self, request: HttpRequest, pk: int) -> HttpResponse:
        run = get_object_or_404(GraphRun, pk=pk, size__lte=MAX_DRAWN)
        if not self.has_view_permission(request, run):
            raise PermissionDenied
        execution = selectors.execution(run)
        names = {one.run.pk: one.task["name"] for one in execution.tasks}
        states = {one.run.pk: one.run.state for one in execution.tasks}
        return drawing.answer(drawing.draw(names, [(start, end) for start, end, _ in execution.edges], states))

    # --- Deleting ---

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("runs.delete_graphrun") and (obj is None or obj.state in GRAPH_FINISHED)

    def kept(self, ids: list[Any]) -> list[str]:
        unfinished = GraphRun.objects.filter(pk__in=ids).exclude(state__in=GRAPH_FINISHED)
        return [f"{run}: it has not ended; cancel it first" for run in unfinished.only("name")]

    def erase(self, ids: list[Any]) -> None:
        retention.delete_runs(ids)
