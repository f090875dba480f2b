"""Projects."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html

from api import audit
from dags import services
from dags.admin.doors import ServiceAdmin, filtered
from dags.models import Graph, Project


@admin.register(Project)
class ProjectAdmin(ServiceAdmin):
    """Projects; their state is the roll-up's."""

    kind = "project"
    project_lookup = "pk"
    fields = ["name", "description", "state", "created_at"]
    readonly_fields = ["state", "created_at"]
    list_display = ["name", "state", "graphs", "created_at"]
    list_filter = ["state"]
    search_fields = ["name", "description"]
    ordering = ["name"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Project]:
        return Project.objects.annotate(graph_count=Count("graphs"))

    @admin.display(ordering="graph_count")
    def graphs(self, project: Any) -> str:
        return format_html('<a href="{}">{}</a>', filtered(Graph, project=project.pk), project.graph_count)

    def save_model(self, request: HttpRequest, obj: Project, form: Any, change: bool) -> None:
        before = Project.objects.get(pk=obj.pk) if change else None
        if change:
            services.update_projects({obj.pk: form.cleaned_data})
        else:
            obj.pk = services.create_projects([form.cleaned_data])[0].pk
        self.write_down(request, "update" if change else "create", obj, audit.changes(before, form.cleaned_data))

    def erase(self, ids: list[Any]) -> None:
        services.delete_projects(ids)

    def counted(self, ids: list[Any]) -> dict[str, int]:
        projects = Project.objects.filter(pk__in=ids)
        return {
            **super().counted(ids),
            "graphs": projects.aggregate(count=Count("graphs"))["count"],
            "executions": projects.aggregate(count=Count("runs"))["count"],
        }

    def kept(self, ids: list[Any]) -> list[str]:
        busy = Project.objects.filter(pk__in=ids, runs__isnull=False, runs__completed_at=None).distinct()
        return [f"{project}: it has executions that have not ended" for project in busy]
