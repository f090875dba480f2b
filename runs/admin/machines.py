"""Django admin for workers and nodes, to be read."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest
from django.utils.html import format_html_join

from api.admin.reading import ReadOnlyAdmin
from dags.admin import showing
from runs import nodes
from runs.admin.telling import changing
from runs.models import Node, Worker


class AliveFilter(admin.SimpleListFilter):
    """Workers that are heard of, or not any more."""

    title = "alive"
    parameter_name = "alive"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, Any]]:
        return [("yes", "Yes"), ("no", "No")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(is_alive=self.value() == "yes") if self.value() else queryset


@admin.register(Worker)
class WorkerAdmin(ReadOnlyAdmin):
    """Workers: those that are alive first."""

    list_display = ["hostname", "node", "alive", "queues", "slots", "pid", "started_at", "heartbeat_at"]
    list_filter = [AliveFilter, "node"]
    search_fields = ["hostname", "node"]
    ordering = ["-heartbeat_at"]
    fields = [
        "boot_id",
        "hostname",
        "pid",
        "node",
        "alive",
        "roles",
        "labels",
        "ip",
        "queues",
        "slots",
        "started_at",
        "heartbeat_at",
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Worker]:
        heard = Q(heartbeat_at__gt=Now() - timedelta(seconds=settings.LEASE))
        return Worker.objects.annotate(is_alive=ExpressionWrapper(heard, output_field=BooleanField()))

    @admin.display(boolean=True, ordering="is_alive")
    def alive(self, worker: Any) -> bool:
        return bool(worker.is_alive)


class NodeStateFilter(admin.SimpleListFilter):
    """Nodes that are idle, run something, or are gone."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, Any]]:
        return list(nodes.NodeState.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(state=self.value()) if self.value() else queryset


@admin.register(Node)
class NodeAdmin(ReadOnlyAdmin):
    """Nodes: hosts that workers have named, those that were heard of last first."""

    list_display = ["name", "state", "shown_roles", "shown_labels", "ip", "hostname", "known_since", "heartbeat_at"]
    list_filter = [NodeStateFilter]
    search_fields = ["name", "hostname"]
    ordering = ["-heartbeat_at"]
    fields = ["name", "state", "shown_roles", "shown_labels", "ip", "hostname", "workers", "known_since", "heartbeat_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return nodes.known(held=nodes.held())

    @admin.display(ordering="state")
    def state(self, node: Any) -> str:
        return showing.state(node.state)

    @admin.display(description="roles")
    def shown_roles(self, node: Node) -> str:
        return ", ".join(node.roles)

    @admin.display(description="labels")
    def shown_labels(self, node: Node) -> str:
        return ", ".join(f"{key}={value}" for key, value in node.labels.items())

    @admin.display
    def workers(self, node: Node) -> str:
        crew = nodes.workers_of([node.name])[node.name]
        return format_html_join(", ", '<a href="{}">{}</a>', ((changing(worker), str(worker)) for worker in crew)) or "none"
