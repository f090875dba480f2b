"""The doors to executions: read them, annotate them, delete them, follow them live."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponseBase, StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.exceptions import APIException
from rest_framework.mixins import ListModelMixin
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from api import audit
from api.access import visible
from api.authentication import anew
from api.doors import Door
from api.filtering import ID_SCHEMA, Filters, read_id
from api.pagination import NewestFirst
from api.rights import Scope
from runs import examples, retention, selectors, streams
from runs.filters import ExecutionFilter, TaskRunFilter
from runs.group_serializers import GroupSerializer
from runs.models import GraphRun, JobRun
from runs.renderers import EventStreamRenderer, JSONLinesRenderer, TextRenderer
from runs.serializers import (
    ExecutionChangeSerializer,
    ExecutionSerializer,
    ExecutionSummarySerializer,
    ProgressSerializer,
    TaskRunDetailSerializer,
    TaskRunSerializer,
)
from runs.stream_serializers import EventSerializer, LogSerializer
from runs.streams import Feed

_AFTER = OpenApiParameter("after", ID_SCHEMA, description="Only what follows this one.")
_LIMIT = OpenApiParameter(
    "limit", {"type": "integer", "minimum": 1}, description="At most this many, 100 unless told, up to 1000."
)
_LAST = OpenApiParameter(
    "Last-Event-ID", ID_SCHEMA, OpenApiParameter.HEADER, description="Where a stream resumes; wins over `after`."
)


class InOrder(NewestFirst):
    """The tasks of one execution, in topological order."""

    ordering = "node"


class StreamView(Door):
    """Answers in more forms than JSON; its errors are JSON nevertheless."""

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(response, Response) and response.exception:
            request.accepted_renderer, request.accepted_media_type = JSONRenderer(), JSONRenderer.media_type
        return super().finalize_response(request, response, *args, **kwargs)

    def page(self, request: Request, rows: QuerySet[Any], shape: type[Any]) -> Response:
        """Answer with the first rows, and a link to what follows them."""
        limit = NewestFirst().get_page_size(request) or NewestFirst.page_size
        found = list(rows[: limit + 1])
        headers = {}
        if len(found) > limit:
            following = replace_query_param(request.build_absolute_uri(), "after", found[limit - 1].pk)
            headers["Link"] = f'<{following}>; rel="next"'
        return Response(shape(found[:limit], many=True).data, headers=headers)

    def stream(self, feed: Feed, pk: int) -> StreamingHttpResponse:
        """Answer with what a feed tells of the object with this key, as long as who asked may see it."""
        return streams.response(feed, lambda: self._still_shows(pk))

    def _still_shows(self, pk: int) -> bool:
        request = self.initialize_request(anew(self.request))
        try:
            self.check_permissions(request)
        except APIException:
            return False
        return visible(self.rows(), request, self.project_lookup).filter(pk=pk).exists()


@extend_schema_view(
    list=extend_schema(summary="List executions, newest first", examples=[examples.EXECUTION_SUMMARY]),
)
@extend_schema(tags=["execution"])
class ExecutionViewSet(ListModelMixin, StreamView):
    """Executions: the runs of graphs."""

    kind = "execution"
    needs = {
        **dict.fromkeys(("list", "retrieve", "tasks", "progress", "groups", "events"), Scope.READ),
        "partial_update": Scope.RUN,
        "destroy": Scope.EDIT,
    }
    serializer_class = ExecutionSummarySerializer
    queryset = GraphRun.objects.none()
    filterset_class = ExecutionFilter
    search_fields = ["name"]

    def rows(self) -> QuerySet[GraphRun]:
        return selectors.summaries() if self.action == "list" else selectors.details()

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Filter the list alone: `?state=` and the like mean something else further down."""
        return super().filter_queryset(queryset) if self.action == "list" else queryset

    def paginate_queryset(self, queryset: Any) -> Any:
        return selectors.with_counts(super().paginate_queryset(queryset) or [])

    @extend_schema(summary="Show an execution with all its tasks", responses=ExecutionSerializer, examples=[examples.EXECUTION])
    def retrieve(self, request: Request, pk: str) -> Response:
        return Response(ExecutionSerializer(selectors.execution(self.get_object())).data)

    @extend_schema(
        summary="Change the note or the labels of an execution",
        request=ExecutionChangeSerializer,
        responses=ExecutionSerializer,
        examples=[examples.CHANGE, examples.EXECUTION],
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        run = self.get_object()
        change = ExecutionChangeSerializer(data=request.data)
        change.is_valid(raise_exception=True)
        self.facts = audit.changes(run, change.validated_data)
        if change.validated_data:
            GraphRun.objects.filter(pk=run.pk).update(**change.validated_data)
            run = self.get_object()
        return Response(ExecutionSerializer(selectors.execution(run)).data)

    @extend_schema(summary="Delete an execution that has ended", responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        retention.delete_runs([self.get_object().pk])
        return Response(status=204)

    @extend_schema(
        summary="List the tasks of an execution, in topological order",
        responses=TaskRunSerializer(many=True),
        examples=[examples.TASK],
        filters=True,
    )
    @action(detail=True, filterset_class=TaskRunFilter, pagination_class=InOrder, filter_backends=[Filters])
    def tasks(self, request: Request, pk: str) -> Response:
        run = self.get_object()
        wanted = super().filter_queryset(run.job_runs.all())
        page = super().paginate_queryset(wanted) or []
        return self.get_paginated_response(TaskRunSerializer(selectors.task_runs(page), many=True).data)

    @extend_schema(summary="Tell how far an execution has come", responses=ProgressSerializer, examples=[examples.PROGRESS])
    @action(detail=True)
    def progress(self, request: Request, pk: str) -> Response:
        return Response(selectors.progress(self.get_object()))

    @extend_schema(
        summary="Tell how far each part of an execution of a job spec has come",
        description="Its pipelines, stages, nodes and tasks, each before those that it consists of. Of a graph that belongs to "
        "no job spec there are tasks alone.",
        responses=GroupSerializer(many=True),
        examples=[examples.GROUPS],
        filters=False,
    )
    @action(detail=True, filterset_class=None, pagination_class=None)
    def groups(self, request: Request, pk: str) -> Response:
        return Response(GroupSerializer(selectors.parts(self.get_object()), many=True).data)

    @extend_schema(
        summary="List the transitions of an execution, oldest first; or follow them live",
        description="With `Accept: text/event-stream` the answer goes on until the execution has ended: events `transition` "
        "(with an id to resume at), `progress` (what a running task reports) and at last `end`.",
        parameters=[_AFTER, _LIMIT, _LAST],
        responses={(200, "application/json"): EventSerializer(many=True), (200, "text/event-stream"): OpenApiTypes.STR},
        examples=[examples.EVENT, examples.EVENT_STREAM],
        filters=False,
    )
    @action(detail=True, renderer_classes=[JSONRenderer, EventStreamRenderer], filterset_class=None, pagination_class=None)
    def events(self, request: Request, pk: str) -> HttpResponseBase:
        run, after = self.get_object(), place(request)
        if streaming(request):
            return self.stream(streams.EventFeed(run.pk, after), run.pk)
        return self.page(request, selectors.transitions(run.pk, after), EventSerializer)


@extend_schema(tags=["execution"])
class TaskRunViewSet(StreamView):
    """Tasks of executions: one run of one task each."""

    kind = "task_run"
    needs = dict.fromkeys(("retrieve", "events", "logs"), Scope.READ)
    project_lookup = "graph_run__project_id"
    serializer_class = TaskRunDetailSerializer
    queryset = JobRun.objects.none()
    filter_backends = ()
    pagination_class = None

    def rows(self) -> QuerySet[JobRun]:
        return selectors.job_runs()

    @extend_schema(summary="Show one task of an execution, and why it is not running", examples=[examples.TASK_WAITING])
    def retrieve(self, request: Request, pk: str) -> Response:
        return Response(TaskRunDetailSerializer(selectors.task_run(self.get_object())).data)

    @extend_schema(
        summary="List the transitions of one task, oldest first",
        parameters=[_AFTER, _LIMIT],
        responses=EventSerializer(many=True),
        examples=[examples.EVENT],
    )
    @action(detail=True)
    def events(self, request: Request, pk: str) -> Response:
        return self.page(request, selectors.transitions_of(self.get_object(), place(request)), EventSerializer)

    @extend_schema(
        summary="Read the log of one task, or follow it live",
        description="As text, as JSON or as JSON lines. With `Accept: text/event-stream` the answer goes on until the task "
        "has ended: events `log` with an id to resume at, and at last `end`.",
        parameters=[_AFTER, _LIMIT, _LAST],
        responses={
            (200, "text/plain"): OpenApiTypes.STR,
            (200, "application/json"): LogSerializer(many=True),
            (200, "application/x-ndjson"): OpenApiTypes.STR,
            (200, "text/event-stream"): OpenApiTypes.STR,
        },
        examples=[examples.LOG, examples.LOG_TEXT],
    )
    @action(detail=True, renderer_classes=[TextRenderer, JSONRenderer, JSONLinesRenderer, EventStreamRenderer])
    def logs(self, request: Request, pk: str) -> HttpResponseBase:
        run, after = self.get_object(), place(request)
        if streaming(request):
            return self.stream(streams.LogFeed(run.pk, run.graph_run_id, after), run.pk)
        return self.page(request, selectors.log(run.pk, after), LogSerializer)


def streaming(request: Request) -> bool:
    """Tell whether the client asked for server-sent events."""
    return isinstance(request.accepted_renderer, EventStreamRenderer)


def place(request: Request) -> int:
    """Return the id after which the client wants to read on."""
    sources: list[tuple[str, Mapping[str, Any]]] = [("Last-Event-ID", request.headers), ("after", request.query_params)]
    name, value = next(((name, source[name]) for name, source in sources if name in source), ("after", "0"))
    return read_id(value, field=name)
