"""The doors to jobs: one to all of them, and one to each kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from api.doors import EditingDoor
from api.forms import FormParser
from api.pagination import NewestFirst
from api.parsers import StrictJSONParser
from api.rights import Scope
from dags.models import Job
from jobs import examples, filters, receiving, selectors, serializers, services, tables
from jobs.doors import JobDoor
from jobs.models import Api, Connector, Sheet, Upload, Workflow


class FirstRows(NewestFirst):
    """How many rows of a table are shown."""

    page_size = 20


@examples.JOBS
class JobViewSet(ListModelMixin, JobDoor):
    """Jobs of all kinds."""

    needs = {"list": Scope.READ}
    serializer_class = serializers.JobSerializer
    filterset_class = filters.JobFilter
    search_fields = ["name", "description"]

    def rows(self) -> QuerySet[Any]:
        return selectors.with_latest_run(super().rows())


class KindDoor(EditingDoor, JobDoor):
    """A door to the jobs of one kind: what its model, its serializer and its examples say."""

    needs = {**EditingDoor.needs, "first_rows": Scope.READ}
    filterset_class = filters.KindFilter
    search_fields = ["name", "description", "table"]

    def rows(self) -> QuerySet[Any]:
        return selectors.with_latest_run(super().rows())

    def made(self, fields: Mapping[str, Any]) -> Job:
        (job,) = services.create_jobs(self.job_kind, [fields])
        return self.rows().get(pk=job.pk)

    def changed(self, pk: int, fields: Mapping[str, Any]) -> Job:
        services.update_jobs(self.job_kind, {pk: fields})
        return self.rows().get(pk=pk)

    def perform_destroy(self, instance: Job) -> None:
        services.delete_jobs([instance.pk])

    @examples.ROWS
    @action(detail=True, url_path="rows", url_name="rows")
    def first_rows(self, request: Request, pk: str) -> Response:
        limit = FirstRows().get_page_size(request) or FirstRows.page_size
        return Response(tables.first_rows(self.get_object(), request.query_params.get("table"), limit))


@examples.SHEETS
class SheetViewSet(KindDoor):
    """Spreadsheets at a URL or path."""

    job_kind = "sheet"
    queryset = Sheet.objects.all()
    serializer_class = serializers.SheetSerializer
    search_fields = [*KindDoor.search_fields, "source"]


@examples.NEW_UPLOAD
@examples.UPLOADS
class UploadViewSet(KindDoor):
    """Files that were sent here."""

    job_kind = "upload"
    queryset = Upload.objects.all()
    search_fields = [*KindDoor.search_fields, "file_name"]

    @property
    def max_form(self) -> int:
        """Bytes of a form."""
        return settings.MAX_UPLOAD

    def get_parsers(self) -> list[BaseParser]:
        """Take a form where a file is sent; JSON, there, has none and is told so."""
        creates = "create" in (self.action_map or {}).values()
        return [FormParser(), StrictJSONParser()] if creates else super().get_parsers()

    def get_serializer_class(self) -> type[BaseSerializer[Upload]]:
        return serializers.NewUploadSerializer if self.action == "create" else serializers.UploadSerializer

    def made(self, fields: Mapping[str, Any]) -> Job:
        with receiving.received(fields) as known:
            return super().made(known)


@examples.CONNECTORS
class ConnectorViewSet(KindDoor):
    """External systems that sync on their own."""

    job_kind = "connector"
    queryset = Connector.objects.all()
    serializer_class = serializers.ConnectorSerializer
    search_fields = ["name", "description"]


@examples.APIS
class ApiViewSet(KindDoor):
    """HTTP requests whose answers become rows."""

    job_kind = "api"
    queryset = Api.objects.all()
    serializer_class = serializers.ApiSerializer


@examples.WORKFLOWS
class WorkflowViewSet(KindDoor):
    """SQL over the project's tables."""

    job_kind = "workflow"
    queryset = Workflow.objects.all()
    search_fields = [*KindDoor.search_fields, "sql"]

    def get_serializer_class(self) -> type[BaseSerializer[Workflow]]:
        return serializers.WorkflowSerializer if self.action == "list" else serializers.WorkflowDetailSerializer
