"""What the admin's pages of graphs and runs can do: launch and cancel. The pages are `dags`' and `runs`'."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join

from api.errors import CeleriacError
from dags.admin import GraphAdmin
from dags.models import Graph, Job
from jobs.admin import JobAdmin
from jobs.doors import KINDS
from runs.admin import GraphRunAdmin
from runs.models import GraphRun
from runs.states import GRAPH_UNFINISHED
from scheduler import engine, launching
from scheduler.job_contents import contents_of_jobs
from scheduler.launching import Launch

admin.site.unregister([Graph, GraphRun, *KINDS.values()])


@admin.register(Graph)
class LaunchingGraphAdmin(GraphAdmin):
    """Graphs that can be launched by those who may add runs."""

    actions = ["execute"]

    def has_execute_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("runs.add_graphrun")

    @admin.action(description="Execute selected graphs", permissions=["execute"])
    def execute(self, request: HttpRequest, queryset: QuerySet[Graph]) -> None:
        """Launch each graph; one that cannot be launched keeps no other from it."""
        runs: list[GraphRun] = []
        for graph in queryset.order_by("pk"):
            try:
                with transaction.atomic():
                    launched = launching.launch([Launch(graph=graph, launched_by=cast(User, request.user))])
                    for run in launched:
                        self.write_down(request, "execute", graph, {"execution": run.pk})
                runs += launched
            except CeleriacError as error:
                self.message_user(request, f"Not launched: {graph}: {error.message}", messages.ERROR)
        _tell_launched(self, request, runs)


@admin.register(*KINDS.values())
class RunningJobAdmin(JobAdmin):
    """Jobs that can be run by those who may add runs."""

    actions = ["run_now"]

    def has_run_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("runs.add_graphrun")

    @admin.action(description="Run selected jobs now", permissions=["run"])
    def run_now(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        """Run each job on its own."""
        jobs, who = list(queryset.order_by("pk")), cast(User, request.user)
        with transaction.atomic():
            runs = launching.launch(
                [Launch(content=content, trigger=GraphRun.Trigger.JOB, launched_by=who) for content in contents_of_jobs(jobs)]
            )
            for job, run in zip(jobs, runs, strict=True):
                self.write_down(request, "run", job, {"execution": run.pk})
        _tell_launched(self, request, runs)


@admin.register(GraphRun)
class CancellingGraphRunAdmin(GraphRunAdmin):
    """Runs that can be cancelled by those who may change runs: it is all they can change."""

    actions = ["cancel"]

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("runs.change_graphrun")

    @admin.action(description="Cancel selected runs", permissions=["cancel"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[GraphRun]) -> None:
        """Cancel the runs; what has ended stays as it is."""
        runs = list(queryset.filter(state__in=GRAPH_UNFINISHED))
        for run in runs:
            with transaction.atomic():  # one for each: the locks of all of them would stop everything at once
                engine.cancel([run.pk], cause=f"cancelled by {request.user.get_username()}")
                self.write_down(request, "cancel", run)
        self.message_user(request, f"Cancelled: {len(runs)}. What had ended already stays as it is.", messages.SUCCESS)


SHOWN = 10  # runs linked in a message


def _tell_launched(page: admin.ModelAdmin, request: HttpRequest, runs: Sequence[GraphRun]) -> None:
    if runs:
        links = format_html_join(", ", '<a href="{}">{}</a>', ((_page(run), str(run)) for run in runs[:SHOWN]))
        more = f" and {len(runs) - SHOWN} more" if len(runs) > SHOWN else ""
        page.message_user(request, format_html("Launched {}{}.", links, more), messages.SUCCESS)


def _page(run: GraphRun) -> str:
    return reverse("admin:runs_graphrun_change", args=[run.pk])
