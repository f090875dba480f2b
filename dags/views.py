"""The doors to projects, graphs, tasks and edges."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpResponse
from rest_framework.decorators import action
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from api.access import may_write_commands, user_of
from api.doors import EditingDoor
from api.filtering import read_id
from api.idempotency import idempotent
from api.negotiation import IgnoreAccept
from api.pagination import NewestFirst
from api.rights import Scope
from dags import filters, owning, picture, schemas, selectors, serializers, services
from dags.models import Edge, Graph, GraphRevision, Project, Task
from dags.revision_serializers import RevisionRowSerializer, RevisionSerializer


class LatestRevisionFirst(NewestFirst):
    """The saved revisions of one graph."""

    ordering = "-revision"


class BlueprintDoor(EditingDoor):
    """A door whose services ask where commands may be written."""

    def may_command(self, project_id: int) -> bool:
        """Tell whether who asks may write commands in a project."""
        return may_write_commands(user_of(self.request), project_id)

    @property
    def by(self) -> User:
        """Return who asks."""
        return user_of(self.request)


@schemas.PROJECTS
class ProjectViewSet(BlueprintDoor):
    """Projects."""

    kind = "project"
    needs = {**BlueprintDoor.needs, "update": Scope.ADMIN, "partial_update": Scope.ADMIN, "destroy": Scope.ADMIN}
    queryset = Project.objects.all()
    serializer_class = serializers.ProjectSerializer
    filterset_class = filters.ProjectFilter
    search_fields = ["name", "description"]
    project_lookup = "pk"

    def made(self, fields: Mapping[str, Any]) -> Project:
        return owning.make_project(self.request, fields)

    def changed(self, pk: int, fields: Mapping[str, Any]) -> Project:
        return services.update_projects({pk: fields})[0]

    def perform_destroy(self, instance: Project) -> None:
        services.delete_projects([instance.pk])


@schemas.GRAPHS
class DagViewSet(BlueprintDoor):
    """Graphs: the blueprints of pipelines."""

    kind = "dag"
    needs = {**BlueprintDoor.needs, **dict.fromkeys(("picture", "revisions", "revision"), Scope.READ)}
    queryset = Graph.objects.all()
    serializer_class = serializers.GraphSerializer
    filterset_class = filters.GraphFilter
    search_fields = ["name", "description", "execution_key"]

    @property
    def max_body(self) -> int:
        """Bytes of a request body: whole graphs may be large."""
        writes = self.action in {"create", "update", "partial_update"}
        return settings.MAX_GRAPH_BODY if writes else settings.MAX_BODY

    def rows(self) -> QuerySet[Graph]:
        read = {"list": selectors.graphs_listed, "retrieve": selectors.graphs_whole}.get(self.action)
        return read() if read else super().rows()

    def get_serializer_class(self) -> type[BaseSerializer[Graph]]:
        return serializers.GraphRowSerializer if self.action == "list" else serializers.GraphSerializer

    def made(self, fields: Mapping[str, Any]) -> Graph:
        (graph,) = services.create_graphs([fields], may_command=self.may_command, by=self.by)
        return selectors.graphs_whole().get(pk=graph.pk)

    def changed(self, pk: int, fields: Mapping[str, Any]) -> Graph:
        told = self.request.query_params.get(schemas.REVISION.name)
        seen = {} if told is None else {pk: read_id(told, field="revision")}
        services.update_graphs({pk: fields}, may_command=self.may_command, by=self.by, seen=seen)
        return selectors.graphs_whole().get(pk=pk)

    @idempotent
    def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().update(request, *args, **kwargs)

    def perform_destroy(self, instance: Graph) -> None:
        services.delete_graphs([instance.pk])

    @schemas.PICTURE
    @action(detail=True, url_path=r"picture\.svg", content_negotiation_class=IgnoreAccept)
    def picture(self, request: Request, pk: str) -> HttpResponse:
        return picture.answer(picture.draw(*selectors.drawing(self.get_object())))

    @schemas.REVISIONS
    @action(detail=True, pagination_class=LatestRevisionFirst)
    def revisions(self, request: Request, pk: str) -> Response:
        page = self.paginate_queryset(selectors.revisions(self.get_object()))
        return self.get_paginated_response(RevisionRowSerializer(page, many=True).data)

    @schemas.REVISION_SHOWN
    @action(detail=True, url_path=r"revisions/(?P<revision>[0-9]{1,9})")
    def revision(self, request: Request, pk: str, revision: str) -> Response:
        kept = get_object_or_404(GraphRevision, graph=self.get_object(), revision=int(revision))
        return Response(RevisionSerializer(kept).data)


@schemas.TASKS
class TaskViewSet(BlueprintDoor):
    """Tasks of graphs."""

    kind = "task"
    queryset = Task.objects.select_related("parent")
    serializer_class = serializers.TaskSerializer
    filterset_class = filters.TaskFilter
    search_fields = ["name", "key", "description", "command"]
    project_lookup = "parent__project_id"

    def made(self, fields: Mapping[str, Any]) -> Task:
        return services.create_tasks([fields], may_command=self.may_command, by=self.by)[0]

    def changed(self, pk: int, fields: Mapping[str, Any]) -> Task:
        return services.update_tasks({pk: fields}, may_command=self.may_command, by=self.by)[0]

    def perform_destroy(self, instance: Task) -> None:
        services.delete_tasks([instance.pk], by=self.by)


@schemas.EDGES
class EdgeViewSet(BlueprintDoor):
    """Edges between the tasks of a graph."""

    kind = "edge"
    queryset = Edge.objects.select_related("graph")
    serializer_class = serializers.EdgeSerializer
    filterset_class = filters.EdgeFilter
    search_fields = ["task_from__key", "task_to__key"]
    project_lookup = "graph__project_id"

    def made(self, fields: Mapping[str, Any]) -> Edge:
        return services.create_edges([fields], by=self.by)[0]

    def changed(self, pk: int, fields: Mapping[str, Any]) -> Edge:
        return services.update_edges({pk: fields}, by=self.by)[0]

    def perform_destroy(self, instance: Edge) -> None:
        services.delete_edges([instance.pk], by=self.by)
