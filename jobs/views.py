"""The doors to jobs."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from rest_framework.mixins import ListModelMixin

from api.rights import Scope
from jobs import examples, filters, selectors, serializers
from jobs.doors import JobDoor


@examples.JOBS
class JobViewSet(ListModelMixin, JobDoor):
    """Jobs of all kinds."""

    needs = {"list": Scope.READ}
    serializer_class = serializers.JobSerializer
    filterset_class = filters.JobFilter
    search_fields = ["name", "description"]

    def rows(self) -> QuerySet[Any]:
        return selectors.with_latest_run(super().rows())
