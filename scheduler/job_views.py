"""The door that runs a job on its own."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from api.access import user_of
from api.idempotency import idempotent
from api.rights import Scope
from api.schema import IDEMPOTENCY_KEY
from jobs.doors import JobDoor
from runs import examples as shown
from runs import selectors
from runs.job_serializers import JobRunSerializer
from runs.models import GraphRun
from scheduler import examples, launching
from scheduler.job_contents import contents_of_jobs
from scheduler.launching import Launch
from scheduler.serializers import RunJobSerializer


@extend_schema(tags=["job"])
class JobLaunchView(JobDoor):
    """Run a job on its own."""

    needs = {"run": Scope.RUN}
    serializer_class = RunJobSerializer

    @extend_schema(
        summary="Run a job on its own",
        parameters=[IDEMPOTENCY_KEY],
        responses={201: JobRunSerializer},
        examples=[examples.RUN_JOB, shown.JOB_RUN],
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def run(self, request: Request, pk: str) -> Response:
        wanted = self.get_serializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        (content,) = contents_of_jobs([self.get_object()])
        params, trigger, who = wanted.validated_data.get("params") or {}, GraphRun.Trigger.JOB, user_of(request)
        (run,) = launching.launch([Launch(content=content, params=params, trigger=trigger, launched_by=who)])
        self.facts = {"execution": run.pk}
        self.answer = lambda: _shown(run)
        return Response(status=201)


def _shown(run: GraphRun) -> dict[str, Any]:
    return JobRunSerializer(selectors.task_run(selectors.job_runs().get(graph_run=run))).data
