"""Projects."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html

from api import audit
from api.errors import Invalid
from dags import services
from dags.admin.doors import ServiceAdmin, filtered
from dags.admin.showing import StateShown
from dags.models import Graph, Project

DAILY = ("daily_at", "timezone")  # empty: as of a new project


class ProjectForm(forms.ModelForm):
    """A project; what the services refuse is told at the field."""

    daily_at = forms.TimeField(required=False, widget=forms.TimeInput({"type": "time"}, format="%H:%M"))
    timezone = forms.CharField(max_length=64, required=False, help_text="Such as Europe/Berlin.")

    def clean(self) -> dict[str, Any]:
        super().clean()
        told = self.cleaned_data
        told |= {name: self.instance._meta.get_field(name).get_default() for name in DAILY if told.get(name) in (None, "")}
        try:
            services.check_project(told)
        except Invalid as error:
            self.add_error(error.field, error.messages)  # type: ignore[arg-type]  # a list is taken as well
        return told


@admin.register(Project)
class ProjectAdmin(StateShown, ServiceAdmin):
    """Projects; their state is the roll-up's."""

    kind = "project"
    project_lookup = "pk"
    form = ProjectForm
    fields = ["name", "description", "daily_at", "timezone", "shown_state", "created_at"]
    readonly_fields = ["shown_state", "created_at"]
    list_display = ["name", "shown_state", "graphs", "daily_at", "timezone", "created_at"]
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
