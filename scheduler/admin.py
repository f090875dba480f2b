"""What the admin's pages of graphs and runs can do: launch, cancel and rerun. The pages are `dags`' and `runs`'."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join

from api.errors import CeleriacError
from dags.admin import GraphAdmin
from dags.admin.doors import ServiceAdmin
from dags.models import Graph, Job
from jobs.admin import JobAdmin
from jobs.doors import KINDS
from runs.admin import GraphRunAdmin
from runs.models import GraphRun
from runs.states import GRAPH_UNFINISHED
from scheduler import engine, launching
from scheduler.job_contents import contents_of_jobs
from scheduler.launching import Launch
from scheduler.rerunning import FAILED, START, Rerun, rerun

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
        who = cast(User, request.user)
        _each(self, request, "execute", queryset, lambda graph: launching.launch([Launch(graph=graph, launched_by=who)]))


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
class ActingGraphRunAdmin(GraphRunAdmin):
    """Runs that can be cancelled by those who may change runs, and rerun by those who may add them."""

    actions = ["cancel", "rerun_failed", "rerun_all"]

    def has_rerun_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("runs.add_graphrun")

    @admin.action(description="Rerun selected runs from what did not succeed", permissions=["rerun"])
    def rerun_failed(self, request: HttpRequest, queryset: QuerySet[GraphRun]) -> None:
        """Rerun each; what succeeded is reused."""
        self._rerun(request, queryset, FAILED)

    @admin.action(description="Rerun selected runs from the start", permissions=["rerun"])
    def rerun_all(self, request: HttpRequest, queryset: QuerySet[GraphRun]) -> None:
        """Rerun each, all of it."""
        self._rerun(request, queryset, START)

    def _rerun(self, request: HttpRequest, queryset: QuerySet[GraphRun], start: str) -> None:
        who = cast(User, request.user)
        _each(self, request, "rerun", queryset, lambda run: rerun([Rerun(run=run, start=start, launched_by=who)]))

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


def _each(
    page: ServiceAdmin, request: HttpRequest, verb: str, queryset: QuerySet[Any], launch: Callable[[Any], list[GraphRun]]
) -> None:
    """Launch for each object; one for which nothing can be launched keeps no other from it."""
    runs: list[GraphRun] = []
    for one in queryset.order_by("pk"):
        try:
            with transaction.atomic():
                launched = launch(one)
                for run in launched:
                    page.write_down(request, verb, one, {"execution": run.pk})
            runs += launched
        except CeleriacError as error:
            page.message_user(request, f"Not launched: {one}: {error.message}", messages.ERROR)
    _tell_launched(page, request, runs)


def _tell_launched(page: admin.ModelAdmin, request: HttpRequest, runs: Sequence[GraphRun]) -> None:
    if runs:
        links = format_html_join(", ", '<a href="{}">{}</a>', ((_page(run), str(run)) for run in runs[:SHOWN]))
        more = f" and {len(runs) - SHOWN} more" if len(runs) > SHOWN else ""
        page.message_user(request, format_html("Launched {}{}.", links, more), messages.SUCCESS)


def _page(run: GraphRun) -> str:
    return reverse("admin:runs_graphrun_change", args=[run.pk])
