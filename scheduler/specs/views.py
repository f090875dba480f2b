"""The doors to job specs: the body is the document itself."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.decorators import action
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from api.access import belongs, may_write_commands, require, user_of, visible
from api.errors import Invalid
from api.filtering import ID_SCHEMA, read_id
from api.idempotency import idempotent
from api.rights import Scope
from api.schema import IDEMPOTENCY_KEY
from dags.models import Project
from dags.owning import home_of
from dags.specs.echo import echo
from dags.specs.parsers import SPEC_PARSERS
from dags.specs.parsing import parse
from dags.specs.planning import plan
from runs import selectors
from runs.models import GraphRun
from runs.serializers import ExecutionSerializer
from runs.views import StreamView
from scheduler.nodes import known_nodes
from scheduler.specs import examples
from scheduler.specs.plans import planned
from scheduler.specs.serializers import JobSpecPlanSerializer
from scheduler.specs.submitting import submit

PROJECT = OpenApiParameter("project", ID_SCHEMA, description="The project that it is meant for.")


class EchoRenderer(BaseRenderer):
    """A plan as text; named so that `?format=echo` and `Accept: text/plain` find it."""

    media_type = "text/plain"
    format = "echo"
    charset = "utf-8"

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> str:
        return str(data)


@extend_schema(tags=["job-spec"])
class JobSpecView(StreamView):
    """Plan job specs, and submit them."""

    kind = "job_spec"
    needs = {"plan": Scope.READ, "submit": Scope.RUN}
    queryset = GraphRun.objects.none()
    parser_classes = SPEC_PARSERS
    filter_backends = ()
    pagination_class = None

    @extend_schema(
        summary="Plan a job spec",
        description="Check a spec and show what would run where. Nothing runs, and nothing is written.",
        parameters=[PROJECT, OpenApiParameter("format", {"enum": ["json", "echo"]}, description="echo: as lines of text.")],
        request=examples.REQUEST,
        responses={
            (200, "application/json"): JobSpecPlanSerializer,
            (200, "text/plain"): OpenApiResponse(OpenApiTypes.STR, description="With `?format=echo`."),
        },
        examples=[examples.SENT, examples.PLANNED],
    )
    @action(detail=False, methods=["post"], renderer_classes=[JSONRenderer, EchoRenderer])
    def plan(self, request: Request) -> Response:
        self.facts = None  # nothing is changed
        if "project" in request.query_params:
            self.project()
        spec = parse(request.data)
        if request.accepted_renderer.format == EchoRenderer.format:
            return Response(echo(plan(spec)))
        return Response(planned(spec, known_nodes() if belongs(request) else []))

    @extend_schema(
        summary="Run a job spec as soon as there are nodes for it",
        description="The execution is PENDING and has no tasks until it has got all of its nodes; `waiting_for` tells what it "
        "waits for. `execution/<id>/groups/` tells how far it has come, `execution/<id>/cancel/` aborts it.",
        parameters=[PROJECT, IDEMPOTENCY_KEY],
        request=examples.REQUEST,
        responses={201: ExecutionSerializer},
        examples=[examples.SENT, examples.SUBMITTED],
    )
    @action(detail=False, methods=["post"])
    @idempotent
    def submit(self, request: Request) -> Response:
        project = self.project() if "project" in request.query_params else home_of(request)
        require(request, Scope.RUN, project.pk)
        self.subject = run = submit(
            parse(request.data),
            project_id=project.pk,
            launched_by=user_of(request),
            may_command=lambda pk: may_write_commands(user_of(request), pk),
        )
        self.facts = {"execution": run.pk}
        self.answer = lambda: ExecutionSerializer(selectors.execution(selectors.details().get(pk=run.pk))).data
        return Response(status=201)

    def project(self) -> Project:
        """Return the project that `?project=` names; raise `Invalid` where it does not exist for who asks."""
        number = read_id(self.request.query_params["project"], field="project")
        found = visible(Project.objects.filter(pk=number), self.request, "pk").first()
        if found is None:
            raise Invalid(f"The project {number} does not exist.", field="project")
        return found
