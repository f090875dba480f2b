"""Graphs: one page for a graph, its tasks and its edges."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.forms.widgets import Script
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path

from api import audit
from api.access import may_write_commands
from api.admin.filters import FewFilter
from dags import picture as drawing
from dags import selectors, services
from dags.admin import showing
from dags.admin.doors import ServiceAdmin
from dags.admin.filters import LatestStateFilter
from dags.admin.forms import GraphForm
from dags.models import Graph, Task


@admin.register(Graph)
class GraphAdmin(ServiceAdmin):
    """Graphs; whatever is saved here is one replacement of the whole definition by `dags.services`."""

    kind = "dag"
    form = GraphForm
    list_display = ["name", "project", "execution_key", "task_count", "state", "last_launched", "revision"]
    list_filter = [LatestStateFilter, ("project", FewFilter), "on_failure", "last_launched"]
    list_select_related = ["project"]
    autocomplete_fields = ["project"]  # there may be thousands
    search_fields = ["name", "description", "execution_key", "project__name", "graph_id__exact"]
    ordering = ["-pk"]
    readonly_fields = ["state", "last_launched", "revision", "created_at"]
    fieldsets = [
        (None, {"fields": ["name", "project", "execution_key", "description", "on_failure", "max_parallel"]}),
        ("Params", {"fields": ["params_schema"], "classes": ["collapse"]}),
        ("About it", {"fields": ["state", "last_launched", "revision", "created_at"], "classes": ["collapse"]}),
    ]

    class Media:
        css = {"all": ["dags/admin.css"]}
        js = ["admin/js/jquery.init.js", "admin/js/inlines.js", Script("dags/graph.js", defer=True)]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Graph]:
        return selectors.graphs_listed()

    def get_urls(self) -> list[Any]:
        picture = self.admin_site.admin_view(self.picture)
        return [path("<int:pk>/picture.svg", picture, name="dags_graph_picture"), *super().get_urls()]

    def picture(self, request: HttpRequest, pk: int) -> HttpResponse:
        graph = get_object_or_404(Graph, pk=pk)
        if not self.has_view_permission(request, graph):
            raise PermissionDenied
        return drawing.answer(drawing.draw(*selectors.drawing(graph)))

    @admin.display(description="tasks", ordering="task_count")
    def task_count(self, graph: Any) -> int:
        return graph.task_count

    @admin.display(description="latest run", ordering="state")
    def state(self, graph: Any) -> str:
        return showing.state(getattr(graph, "state", None))

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> type[Any]:
        """Return the form, which asks whether this user may write commands."""
        form: Any = super().get_form(request, obj, change, **kwargs)
        user: Any = request.user  # somebody: the admin has asked
        form.may_command, form.by = staticmethod(partial(may_write_commands, user)), user
        return form

    def save_model(self, request: HttpRequest, obj: Graph, form: Any, change: bool) -> None:
        """Have the services write it all; nothing of the form's objects is saved."""
        wanted, before = form.written(), None
        if change:
            before = Graph.objects.get(pk=obj.pk)
            _rename(obj, form)
            (written,) = services.update_graphs({obj.pk: wanted}, may_command=form.may_command, by=form.by)
        else:
            (written,) = services.create_graphs([wanted], may_command=form.may_command, by=form.by)
            obj.pk = written.pk
        self.write_down(request, "update" if change else "create", written, audit.changes(before, wanted))

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Leave the rest alone: there is nothing that `save_model` has not written."""

    def erase(self, ids: list[Any]) -> None:
        services.delete_graphs(ids)


def _rename(graph: Graph, form: GraphForm) -> None:
    """Change tasks that got a free new key before the definition is replaced: there a key is what a task is known by."""
    if form.tasks is None:
        return
    present = dict(Task.objects.filter(parent=graph).values_list("pk", "key"))
    taken = set(present.values())
    rows = {one.cleaned_data["task_id"]: one.row for one in form.tasks.counting()}
    renamed = {pk: row for pk, row in rows.items() if pk in present and row["key"] and row["key"] not in taken}
    if renamed:
        services.update_tasks(renamed, may_command=form.may_command, by=form.by)
