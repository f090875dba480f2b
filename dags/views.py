"""The doors to projects, graphs, tasks and edges."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpResponse
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from api.access import project_of, visible
from api.idempotency import idempotent
from api.negotiation import IgnoreAccept
from dags import filters, picture, schemas, selectors, serializers, services
from dags.models import Edge, Graph, Project, Task


class BlueprintViewSet(viewsets.ModelViewSet):
    """What all objects here have in common: whose they are, and Idempotency-Key on create."""

    project_lookup = "project_id"

    def get_queryset(self) -> QuerySet[Any]:
        return visible(super().get_queryset(), self.request, self.project_lookup)

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return super().filter_queryset(queryset) if self.action == "list" else queryset

    @idempotent
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().create(request, *args, **kwargs)


@schemas.PROJECTS
class ProjectViewSet(BlueprintViewSet):
    """Projects."""

    queryset = Project.objects.all()
    serializer_class = serializers.ProjectSerializer
    filterset_class = filters.ProjectFilter
    search_fields = ["name", "description"]
    project_lookup = "pk"

    def perform_create(self, serializer: BaseSerializer[Project]) -> None:
        if project_of(self.request) is not None:
            raise PermissionDenied("This token is tied to a project: it cannot make another.", code="tied_to_project")
        (serializer.instance,) = services.create_projects([serializer.validated_data])

    def perform_update(self, serializer: BaseSerializer[Project]) -> None:
        (serializer.instance,) = services.update_projects({int(self.kwargs["pk"]): serializer.validated_data})

    def perform_destroy(self, instance: Project) -> None:
        services.delete_projects([instance.pk])


@schemas.GRAPHS
class DagViewSet(BlueprintViewSet):
    """Graphs: the blueprints of pipelines."""

    queryset = Graph.objects.all()
    serializer_class = serializers.GraphSerializer
    filterset_class = filters.GraphFilter
    search_fields = ["name", "description", "execution_key"]

    @property
    def max_body(self) -> int:
        """Bytes of a request body: whole graphs may be large."""
        writes = self.action in {"create", "update", "partial_update"}
        return settings.MAX_GRAPH_BODY if writes else settings.MAX_BODY

    def get_queryset(self) -> QuerySet[Graph]:
        read = {"list": selectors.graphs_listed, "retrieve": selectors.graphs_whole}.get(self.action)
        return visible(read(), self.request) if read else super().get_queryset()

    def get_serializer_class(self) -> type[BaseSerializer[Graph]]:
        return serializers.GraphRowSerializer if self.action == "list" else serializers.GraphSerializer

    def perform_create(self, serializer: BaseSerializer[Graph]) -> None:
        (graph,) = services.create_graphs([serializer.validated_data])
        serializer.instance = selectors.graphs_whole().get(pk=graph.pk)

    def perform_update(self, serializer: BaseSerializer[Graph]) -> None:
        (graph,) = services.update_graphs({int(self.kwargs["pk"]): serializer.validated_data})
        serializer.instance = selectors.graphs_whole().get(pk=graph.pk)

    def perform_destroy(self, instance: Graph) -> None:
        services.delete_graphs([instance.pk])

    @schemas.PICTURE
    @action(detail=True, url_path=r"picture\.svg", content_negotiation_class=IgnoreAccept)
    def picture(self, request: Request, pk: str) -> HttpResponse:
        return picture.answer(picture.draw(*selectors.drawing(self.get_object())))


@schemas.TASKS
class TaskViewSet(BlueprintViewSet):
    """Tasks of graphs."""

    queryset = Task.objects.all()
    serializer_class = serializers.TaskSerializer
    filterset_class = filters.TaskFilter
    search_fields = ["name", "key", "description", "command"]
    project_lookup = "parent__project_id"

    def perform_create(self, serializer: BaseSerializer[Task]) -> None:
        (serializer.instance,) = services.create_tasks([serializer.validated_data])

    def perform_update(self, serializer: BaseSerializer[Task]) -> None:
        (serializer.instance,) = services.update_tasks({int(self.kwargs["pk"]): serializer.validated_data})

    def perform_destroy(self, instance: Task) -> None:
        services.delete_tasks([instance.pk])


@schemas.EDGES
class EdgeViewSet(BlueprintViewSet):
    """Edges between the tasks of a graph."""

    queryset = Edge.objects.all()
    serializer_class = serializers.EdgeSerializer
    filterset_class = filters.EdgeFilter
    search_fields = ["task_from__key", "task_to__key"]
    project_lookup = "graph__project_id"

    def perform_create(self, serializer: BaseSerializer[Edge]) -> None:
        (serializer.instance,) = services.create_edges([serializer.validated_data])

    def perform_update(self, serializer: BaseSerializer[Edge]) -> None:
        (serializer.instance,) = services.update_edges({int(self.kwargs["pk"]): serializer.validated_data})

    def perform_destroy(self, instance: Edge) -> None:
        services.delete_edges([instance.pk])
