"""The door that runs a project: all of its jobs, as the graph that follows from them."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from api.access import user_of
from api.doors import Door
from api.errors import CeleriacError, Invalid
from api.idempotency import idempotent
from api.rights import Scope
from api.schema import IDEMPOTENCY_KEY
from dags.models import Project
from jobs import derive
from runs import selectors
from runs.job_serializers import ProjectProgressSerializer
from scheduler import examples, launching
from scheduler.job_contents import contents_of_projects
from scheduler.launching import Launch
from scheduler.serializers import ProjectGraphSerializer, ProjectLaunchedSerializer, RunProjectSerializer

FLAGS = {"true": True, "false": False}


@extend_schema(tags=["project"])
class ProjectRunView(Door):
    """Run a project, and see how far it has come."""

    kind = "project"
    needs = {"run": Scope.RUN, "graph": Scope.READ, "progress": Scope.READ}
    queryset = Project.objects.all()
    serializer_class = RunProjectSerializer
    project_lookup = "pk"
    filter_backends = ()

    @extend_schema(
        summary="Run a project's jobs, each after what it reads",
        description="`execution/<id>/` shows the run, `execution/<id>/events/` tells of it live.",
        parameters=[IDEMPOTENCY_KEY],
        responses={201: ProjectLaunchedSerializer},
        examples=[examples.RUN_PROJECT, examples.PROJECT_LAUNCHED],
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def run(self, request: Request, pk: str) -> Response:
        wanted = self.get_serializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        told = wanted.validated_data
        (content,) = contents_of_projects([self.get_object()], scheduled_only=told.get("scheduled_only", False))
        if isinstance(content, CeleriacError):
            raise content
        launch = Launch(content=content, params=told.get("params") or {}, launched_by=user_of(request))
        (run,) = launching.launch([launch])
        self.facts = {"execution": run.pk, "scheduled_only": told.get("scheduled_only", False)}
        return Response({"task_id": run.task_id, "execution": run.pk}, status=201)

    @extend_schema(
        summary="Show the graph that follows from a project's jobs",
        description="In the form that `dag/create/` takes.",
        parameters=[OpenApiParameter("scheduled_only", bool, description="Only its jobs that are scheduled.")],
        responses=ProjectGraphSerializer,
        examples=[examples.PROJECT_GRAPH],
    )
    @action(detail=True)
    def graph(self, request: Request, pk: str) -> Response:
        project, asked = self.get_object(), request.query_params.get("scheduled_only", "false")
        if asked not in FLAGS:
            raise Invalid("Must be true or false.", field="scheduled_only")
        derived = derive.derive(project.pk, scheduled_only=FLAGS[asked])
        return Response({"name": project.name, "project": project.pk, "tasks": derived.tasks, "edges": derived.edges})

    @extend_schema(
        summary="Tell how far the latest run of a project has come",
        responses=ProjectProgressSerializer,
        examples=[examples.PROJECT_PROGRESS],
    )
    @action(detail=True)
    def progress(self, request: Request, pk: str) -> Response:
        return Response(selectors.project_progress(self.get_object()))
