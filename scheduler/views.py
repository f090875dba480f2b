"""The doors that make things happen: launch, cancel, report."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from api.access import visible
from api.errors import NotFound
from api.idempotency import HEADER, idempotent
from api.models import Scope
from dags.models import Graph
from runs import examples as shown
from runs import selectors
from runs.filters import read_id
from runs.models import GraphRun, JobRun
from runs.serializers import ExecutionSerializer, ExecutionSummarySerializer, TaskRunDetailSerializer
from scheduler import engine, examples, reports
from scheduler.serializers import (
    ExecuteKeySerializer,
    ExecuteSerializer,
    LaunchedSerializer,
    ReportedSerializer,
    ReportSerializer,
)

_REPEATABLE = OpenApiParameter(
    HEADER, OpenApiTypes.STR, OpenApiParameter.HEADER, description="The same key and body give the same answer again."
)
_REPORT: Any = {"request": ReportSerializer, "responses": {200: ReportedSerializer}, "examples": examples.REPORTS}


class NoGraphUnderKey(NotFound):
    """No graph has this execution_key."""

    code = "no_graph_under_key"


@extend_schema(tags=["dag"])
class LaunchView(GenericViewSet[Graph]):
    """Launch a graph."""

    write_scope = Scope.RUN
    queryset = Graph.objects.none()

    def get_queryset(self) -> QuerySet[Graph]:
        return visible(Graph.objects.all(), self.request, project="project_id")

    @extend_schema(
        summary="Launch a graph",
        parameters=[_REPEATABLE],
        request=ExecuteSerializer,
        responses={201: ExecutionSerializer},
        examples=[examples.EXECUTE, shown.EXECUTION],
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def execute(self, request: Request, pk: str) -> Response:
        wanted = _checked(ExecuteSerializer, request)
        launched = engine.launch(
            [self.get_object()],
            params=wanted.get("params"),
            trigger=GraphRun.Trigger.MANUAL,
            launched_by=request.user,
            scheduled_for=wanted.get("scheduled_for"),
        )
        return Response(_shown(launched[0].pk), status=201)


@extend_schema(tags=["execution"])
class ExecutionActions(GenericViewSet[GraphRun]):
    """Launch by key, and cancel."""

    write_scope = Scope.RUN
    queryset = GraphRun.objects.none()

    def get_queryset(self) -> QuerySet[GraphRun]:
        return visible(GraphRun.objects.only("pk"), self.request, project="project_id")

    @extend_schema(
        summary="Cancel an execution",
        description="What waits or is queued is cancelled at once, what runs is stopped. What has ended stays as it is.",
        request=None,
        responses=ExecutionSerializer,
        examples=[shown.EXECUTION],
    )
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        run = self.get_object()
        engine.cancel([run.pk], cause=f"cancelled by {_name(request.user)}")
        return Response(_shown(run.pk))

    @extend_schema(
        summary="Launch every graph with an execution_key",
        parameters=[_REPEATABLE],
        request=ExecuteKeySerializer,
        responses={201: LaunchedSerializer},
        examples=[examples.EXECUTE_KEY, examples.LAUNCHED],
    )
    @action(detail=False, methods=["post"], url_path="key")
    @idempotent
    def key(self, request: Request) -> Response:
        wanted = _checked(ExecuteKeySerializer, request)
        graphs = visible(Graph.objects.filter(execution_key=wanted["key"]).order_by("pk"), request, project="project_id")
        launched = engine.launch(
            list(graphs), params=wanted.get("params"), trigger=GraphRun.Trigger.KEY, launched_by=request.user
        )
        if not launched:
            raise NoGraphUnderKey
        runs = list(selectors.summaries().filter(pk__in=[run.pk for run in launched]).order_by("pk"))
        return Response({"executions": ExecutionSummarySerializer(selectors.with_counts(runs), many=True).data}, status=201)


@extend_schema(tags=["report"])
class ReportView(GenericViewSet[JobRun]):
    """Report to a task by its id."""

    write_scope = Scope.REPORT
    queryset = JobRun.objects.none()

    def get_queryset(self) -> QuerySet[JobRun]:
        return visible(selectors.job_runs(), self.request, project="graph_run__project_id")

    @extend_schema(summary="Report to a task by its id", **_REPORT)
    @action(detail=True, methods=["post"])
    def report(self, request: Request, pk: str) -> Response:
        return _reported(self.get_object(), request)


@extend_schema(tags=["report"], parameters=[OpenApiParameter("execution", int, description="Only in this execution.")])
class ReportByKeyView(ReportView):
    """Report to the task that waits under a key."""

    @extend_schema(summary="Report to the task that waits under a key", **_REPORT)
    def create(self, request: Request, key: str) -> Response:
        return _reported(self._waiting(key), request)

    @extend_schema(
        summary="Show the task that waits under a key", responses=TaskRunDetailSerializer, examples=[shown.TASK_WAITING]
    )
    def retrieve(self, request: Request, key: str) -> Response:
        return Response(TaskRunDetailSerializer(selectors.task_run(self._waiting(key))).data)

    def _waiting(self, key: str) -> JobRun:
        among = self.get_queryset()
        if "execution" in self.request.query_params:
            among = among.filter(graph_run_id=read_id(self.request.query_params["execution"], field="execution"))
        return reports.waiting_under(key, among)


@extend_schema(tags=["report"], auth=[])
class ReportByOneTimeKeyView(GenericViewSet[JobRun]):
    """Report with the one-time key that the attempt was given: it is all the job needs."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    queryset = JobRun.objects.none()

    @extend_schema(summary="Report with an attempt's one-time key", **_REPORT)
    def create(self, request: Request, key: str) -> Response:
        return _reported(reports.owner_of(key), request)


def _checked(serializer: type[Any], request: Request) -> Any:
    wanted = serializer(data=request.data)
    wanted.is_valid(raise_exception=True)
    return wanted.validated_data


def _shown(run_id: int) -> dict[str, Any]:
    return ExecutionSerializer(selectors.execution(selectors.details().get(pk=run_id))).data


def _reported(run: JobRun, request: Request) -> Response:
    told = ReportSerializer(data=request.data)
    told.is_valid(raise_exception=True)
    duplicate = reports.report_to(run.pk, told.report())
    body = TaskRunDetailSerializer(selectors.task_run(selectors.job_runs().get(pk=run.pk))).data
    return Response(body | {"duplicate": True} if duplicate else body)


def _name(user: Any) -> str:
    return user.get_username() if isinstance(user, AbstractBaseUser) else "nobody"
