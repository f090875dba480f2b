"""The doors that make things happen: launch, cancel, report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from api import audit, throttles
from api.access import RoleMissing, user_of, visible
from api.doors import Door
from api.errors import NotFound
from api.filtering import ID_SCHEMA, read_id
from api.idempotency import idempotent
from api.rights import Scope
from api.schema import IDEMPOTENCY_KEY
from dags.models import Graph
from runs import examples as shown
from runs import selectors
from runs.models import GraphRun, JobRun
from runs.serializers import ExecutionSerializer, ExecutionSummarySerializer, TaskRunDetailSerializer
from scheduler import asking, engine, examples, launching, reports, rerunning
from scheduler.launching import Launch
from scheduler.reports import NoWaitingTask
from scheduler.serializers import (
    ExecuteKeySerializer,
    ExecuteSerializer,
    LaunchedSerializer,
    ReportedSerializer,
    ReportSerializer,
    RerunSerializer,
)

_REPORT: Any = {"request": ReportSerializer, "responses": {200: ReportedSerializer}, "examples": examples.REPORTS}


class NoGraphUnderKey(NotFound):
    """No graph has this execution_key."""

    code = "no_graph_under_key"


@extend_schema(tags=["dag"])
class LaunchView(Door):
    """Launch a graph."""

    kind = "dag"
    needs = {"execute": Scope.RUN}
    queryset = Graph.objects.all()

    @extend_schema(
        summary="Launch a graph",
        parameters=[IDEMPOTENCY_KEY],
        request=ExecuteSerializer,
        responses={201: ExecutionSerializer},
        examples=[examples.EXECUTE, shown.EXECUTION],
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def execute(self, request: Request, pk: str) -> Response:
        wanted = _checked(ExecuteSerializer, request)
        launch = Launch(
            graph=self.get_object(),
            params=wanted.get("params") or {},
            launched_by=user_of(request),
            scheduled_for=wanted.get("scheduled_for"),
        )
        (run,) = launching.launch([launch])
        self.facts = {"execution": run.pk}
        self.answer = lambda: ExecutionSerializer(selectors.launched(run)).data
        return Response(status=201)


@extend_schema(tags=["execution"])
class ExecutionActions(Door):
    """Launch by key, cancel, and rerun."""

    kind = "execution"
    needs = {"cancel": Scope.RUN, "key": Scope.RUN, "rerun": Scope.RUN}
    queryset = GraphRun.objects.only("name", "project_id", "graph_id")
    launched: Sequence[GraphRun] = ()

    def write_down(self, request: Request) -> None:
        if self.action != "key":
            return super().write_down(request)
        for run in self.launched:  # an entry for each, as if it had been launched by itself
            facts = {"execution": run.pk}
            audit.record(request, "dag.execute", instance=run.graph, project_id=run.project_id, facts=facts)
        return None

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
        engine.cancel([run.pk], cause=f"cancelled by {user_of(request).get_username()}")
        self.answer = lambda: _shown(run.pk)
        return Response()

    @extend_schema(
        summary="Rerun an execution that has ended",
        description="A new execution. What succeeded and does not come after a starting point is reused, with its results; "
        "everything else runs anew, as its trigger rule says.",
        parameters=[IDEMPOTENCY_KEY],
        request=RerunSerializer,
        responses={201: ExecutionSerializer},
        examples=[*examples.RERUN, shown.RERUN],
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def rerun(self, request: Request, pk: str) -> Response:
        wanted = _checked(RerunSerializer, request)
        asked = asking.rerun_of(request, self.get_object(), wanted)
        (fresh,) = rerunning.rerun([asked])
        self.facts = {"execution": fresh.pk, "from": asked.start}
        self.answer = lambda: _shown(fresh.pk)
        return Response(status=201)

    @extend_schema(
        summary="Launch every graph with an execution_key",
        parameters=[IDEMPOTENCY_KEY],
        request=ExecuteKeySerializer,
        responses={201: LaunchedSerializer},
        examples=[examples.EXECUTE_KEY, examples.LAUNCHED],
    )
    @action(detail=False, methods=["post"], url_path="key")
    @idempotent
    def key(self, request: Request) -> Response:
        wanted = _checked(ExecuteKeySerializer, request)
        known = Graph.objects.filter(execution_key=wanted["key"]).order_by("pk")
        graphs = list(visible(known, request, right=Scope.RUN))
        if not graphs:
            raise RoleMissing if visible(known, request).exists() else NoGraphUnderKey
        params, trigger, who = wanted.get("params") or {}, GraphRun.Trigger.KEY, user_of(request)
        self.launched = launching.launch(
            [Launch(graph=graph, params=params, trigger=trigger, launched_by=who) for graph in graphs]
        )
        shown = ExecutionSummarySerializer(selectors.with_counts(self.launched), many=True)
        return Response({"executions": shown.data}, status=201)


@extend_schema(tags=["report"])
class ReportView(Door):
    """Report to a task by its id."""

    kind = "task_run"
    needs = {"report": Scope.REPORT}
    verb = "report"
    queryset = JobRun.objects.none()
    project_lookup = "graph_run__project_id"

    def rows(self) -> QuerySet[JobRun]:
        return selectors.job_runs()

    @extend_schema(summary="Report to a task by its id", **_REPORT)
    @action(detail=True, methods=["post"])
    def report(self, request: Request, pk: str) -> Response:
        return self.reported(self.get_object())

    def reported(self, run: JobRun) -> Response:
        """Take the report to a job run; what changes no outcome is not written down."""
        throttles.reported(str(run.pk))
        told = ReportSerializer(data=self.request.data)
        told.is_valid(raise_exception=True)
        report = told.report()
        duplicate = reports.report_to(run.pk, report)
        self.subject = run
        self.facts = None if duplicate or report.progress is not None else {"success": report.success}
        body = TaskRunDetailSerializer(selectors.task_run(selectors.job_runs().get(pk=run.pk))).data
        return Response(body | {"duplicate": True} if duplicate else body)


@extend_schema(tags=["report"], parameters=[OpenApiParameter("execution", ID_SCHEMA, description="Only in this execution.")])
class ReportByKeyView(ReportView):
    """Report to the task that waits under a key."""

    needs = {"create": Scope.REPORT, "retrieve": Scope.READ}

    @extend_schema(summary="Report to the task that waits under a key", **_REPORT)
    def create(self, request: Request, key: str) -> Response:
        try:
            return self.reported(self._waiting(key, Scope.REPORT))
        except NoWaitingTask:
            self._waiting(key, Scope.READ)
            raise RoleMissing from None

    @extend_schema(
        summary="Show the task that waits under a key", responses=TaskRunDetailSerializer, examples=[shown.TASK_WAITING]
    )
    def retrieve(self, request: Request, key: str) -> Response:
        return Response(TaskRunDetailSerializer(selectors.task_run(self._waiting(key, Scope.READ))).data)

    def _waiting(self, key: str, right: Scope) -> JobRun:
        among = visible(self.rows(), self.request, self.project_lookup, right)
        if "execution" in self.request.query_params:
            among = among.filter(graph_run_id=read_id(self.request.query_params["execution"], field="execution"))
        return reports.waiting_under(key, among)


@extend_schema(tags=["report"], auth=[])
class ReportByOneTimeKeyView(ReportView):
    """Report with the one-time key that the attempt was given: it is all the job needs."""

    open_because = "the one-time key in the path is the proof; a wrong one is 404"
    authentication_classes = ()
    permission_classes = ()

    @extend_schema(summary="Report with an attempt's one-time key", **_REPORT)
    def create(self, request: Request, key: str) -> Response:
        return self.reported(reports.owner_of(key))


def _checked(serializer: type[Any], request: Request) -> Any:
    wanted = serializer(data=request.data)
    wanted.is_valid(raise_exception=True)
    return wanted.validated_data


def _shown(run_id: int) -> dict[str, Any]:
    return ExecutionSerializer(selectors.execution(selectors.details().get(pk=run_id))).data
