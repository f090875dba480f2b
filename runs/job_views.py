"""The door to the runs of a job: on its own, and inside graphs."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from api.rights import Scope
from jobs.doors import JobDoor
from runs import examples, selectors
from runs.job_serializers import JobRunSerializer


@extend_schema(tags=["job"])
class JobRunsView(JobDoor):
    """The runs of a job."""

    needs = {"runs": Scope.READ}
    serializer_class = JobRunSerializer
    filter_backends = ()

    @extend_schema(
        summary="List the runs of a job, newest first",
        description="Those on its own and those inside executions of graphs.",
        responses=JobRunSerializer(many=True),
        examples=[examples.JOB_RUN],
    )
    @action(detail=True)
    def runs(self, request: Request, pk: str) -> Response:
        page = self.paginate_queryset(selectors.job_runs().filter(job=self.get_object())) or []
        return self.get_paginated_response(JobRunSerializer(selectors.task_runs(page), many=True).data)
