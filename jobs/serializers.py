"""Jobs as JSON: what all kinds share, and what each has of its own."""

from __future__ import annotations

from typing import Any

from django.core.validators import RegexValidator
from django.utils.dateparse import parse_datetime
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.serializers import ObjectField, Strict, VisibleKey
from dags import owning
from dags.models import Job, Project
from jobs import workflows
from jobs.models import Api, Connector, Sheet, Upload, Workflow

SHARED = ["id", "kind", "name", "project", "description", "state", "is_scheduled", "latest_run"]
TIMES = ["succeeded_at", "changed_at", "created_at"]
REQUESTING = ["method", "url", "headers", "query", "body", "auth", "auth_config", "secret", "has_secret", "timeout"]
IMPORTED = ["format", "tab", "cell_range", "delimiter", "encoding", "has_header", "max_bad_rows", "table"]
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
DAY = 24 * 3600.0  # seconds
MAX_COUNT = 2**31 - 1
MAX_LOOKS = 10_000
MAX_SECRET = 10_000  # characters
MAX_SQL = 100_000

table_is_sane = RegexValidator(
    r"^(?!pg_)[a-z_][a-z0-9_]*\Z", "Lower-case letters, digits and underscores; it begins with neither a digit nor pg_."
)

AS_WRITTEN: dict[str, dict[str, Any]] = {"description": {"trim_whitespace": False}}  # names are trimmed, texts are not


def _seconds(least: float, most: float, told: str) -> serializers.FloatField:
    return serializers.FloatField(required=False, min_value=least, max_value=most, help_text=f"Seconds. {told}")


def _count(told: str = "", *, least: int = 1, most: int = MAX_COUNT, allow_null: bool = False) -> serializers.IntegerField:
    return serializers.IntegerField(
        required=False, min_value=least, max_value=most, allow_null=allow_null, help_text=told or None
    )


@extend_schema_field(
    {
        "type": "object",
        "nullable": True,
        "properties": {
            "id": {"type": "integer"},
            "state": {"type": "string"},
            "started_at": {"type": "string", "format": "date-time", "nullable": True},
            "completed_at": {"type": "string", "format": "date-time", "nullable": True},
        },
        "required": ["id", "state", "started_at", "completed_at"],
    }
)
class LatestRunField(serializers.Field):
    """The latest run of a job as `jobs.selectors` annotates it: PostgreSQL has written its times as text."""

    def to_representation(self, value: dict[str, Any]) -> dict[str, Any]:
        times = {name: value[name] and parse_datetime(value[name]) for name in ("started_at", "completed_at")}
        return {"id": value["id"], "state": value["state"], **times}


class JobSerializer(Strict, serializers.ModelSerializer):
    """What jobs of all kinds show."""

    project = VisibleKey(queryset=Project.objects.all(), project="pk", required=False)
    latest_run = LatestRunField(read_only=True, help_text="On its own or in a graph; null where there is none.")

    class Meta:
        model = Job
        fields = [*SHARED, *TIMES]
        validators: list[Any] = []  # the service checks that the name is unique, under its lock
        extra_kwargs = AS_WRITTEN

    def validate_project(self, project: Project) -> Project:
        if isinstance(self.instance, Job) and self.instance.project_id != project.pk:
            raise serializers.ValidationError("This cannot be changed: its table stays in its project.")
        return project

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if self.instance is None and "project" not in attrs:
            attrs["project"] = owning.home_of(self.context["request"])
        return attrs


def _table() -> serializers.CharField:
    return serializers.CharField(
        max_length=63, validators=[table_is_sane], help_text="Of the project's warehouse, which it fills."
    )


class SheetSerializer(JobSerializer):
    """A spreadsheet at a URL or path, imported into a table of the project's warehouse."""

    table = _table()

    class Meta(JobSerializer.Meta):
        model = Sheet
        fields = [*SHARED, "source", *IMPORTED, "skip_unchanged", *TIMES]
        extra_kwargs = {**AS_WRITTEN, "delimiter": {"trim_whitespace": False}}  # a tab is one


class UploadSerializer(JobSerializer):
    """A file that was sent here, imported once; another file is another upload."""

    table = _table()

    class Meta(JobSerializer.Meta):
        model = Upload
        fields = [*SHARED, "file_name", "size", "digest", *IMPORTED, *TIMES]
        extra_kwargs = SheetSerializer.Meta.extra_kwargs
        read_only_fields = ["file_name", "size", "digest"]


class NewUploadSerializer(UploadSerializer):
    """A file as it is sent, with what is to become of it."""

    file = serializers.FileField(write_only=True, allow_empty_file=True, max_length=255, help_text="Its content.")

    class Meta(UploadSerializer.Meta):
        fields = [*UploadSerializer.Meta.fields, "file"]


class RequestingSerializer(JobSerializer):
    """A job that makes an HTTP request."""

    method = serializers.ChoiceField(choices=METHODS, required=False)
    headers = ObjectField(required=False, help_text='`{"Accept": "application/json"}`')
    query = ObjectField(required=False, help_text='`{"since": "2027-01-01"}`')
    body = serializers.JSONField(required=False, allow_null=True, help_text="Sent as JSON; a text is sent as it is.")
    auth_config = ObjectField(required=False, help_text="What is no secret: user, name, in, token_url, scope.")
    secret = serializers.CharField(
        write_only=True,
        required=False,
        allow_blank=True,
        trim_whitespace=False,
        max_length=MAX_SECRET,
        help_text="Password, token or key: stored encrypted and never shown. Blank takes it away.",
    )
    has_secret = serializers.SerializerMethodField(help_text="Whether one is stored.")
    timeout = _seconds(0.1, 600, "Of one request.")

    def get_has_secret(self, job: Any) -> bool:
        return bool(job.secret)


class ConnectorSerializer(RequestingSerializer):
    """An external system that syncs on its own: started by a call, finished by its report or by polling its status."""

    done_values = serializers.ListField(required=False, max_length=50, help_text="Of the state: the sync has succeeded.")
    failed_values = serializers.ListField(required=False, max_length=50, help_text="Of the state: the sync has failed.")
    poll_interval = _seconds(1, DAY, "Between two looks.")
    max_polls = _count("Looks before it fails.", most=MAX_LOOKS)
    tables = serializers.ListField(
        child=serializers.CharField(max_length=63), required=False, max_length=1000, help_text="Those it fills."
    )

    class Meta(JobSerializer.Meta):
        model = Connector
        fields = [
            *SHARED,
            *REQUESTING,
            *("start", "finish", "status_url", "id_path", "state_path", "done_values", "failed_values"),
            *("synced_path", "failed_path", "paused_path", "fresh", "timezone", "poll_interval", "max_polls", "tables"),
            *TIMES,
        ]


class ApiSerializer(RequestingSerializer):
    """An HTTP request whose answer becomes rows."""

    first_page = _count("Its number; null for 1, or the offset 0.", least=0, allow_null=True)
    page_size = _count("Rows of a full page; a shorter one is the last.", allow_null=True)
    max_pages = _count()
    max_rows = _count()
    max_bytes = _count("Of one answer.")
    time_limit = _seconds(1, DAY, "That all of its requests may take.")
    table = _table()

    class Meta(JobSerializer.Meta):
        model = Api
        fields = [
            *SHARED,
            *REQUESTING,
            *("format", "rows_path", "flatten", "paging", "next_path", "page_param", "first_page", "size_param", "page_size"),
            *("max_pages", "max_rows", "max_bytes", "time_limit", "table"),
            *TIMES,
        ]


class ColumnSerializer(serializers.Serializer[Any]):
    """A column of a table."""

    name = serializers.CharField()
    type = serializers.CharField(help_text="As PostgreSQL calls it.")


class RowsSerializer(serializers.Serializer[Any]):
    """The first rows of a table, long texts cut; each row is a list of values in the order of the columns."""

    table = serializers.CharField(allow_null=True, help_text="Null where the job fills none.")
    columns = ColumnSerializer(many=True)
    rows = serializers.ListField(child=serializers.ListField(child=serializers.JSONField(allow_null=True)))


class WorkflowSerializer(JobSerializer):
    """SQL over the project's tables into a new table."""

    table = _table()

    class Meta(JobSerializer.Meta):
        model = Workflow
        fields = [*SHARED, "sql", "table", "reads", *TIMES]
        extra_kwargs = {**AS_WRITTEN, "sql": {"trim_whitespace": False, "max_length": MAX_SQL}}
        read_only_fields = ["reads"]


class ParentSerializer(serializers.ModelSerializer[Job]):
    """A job that fills what a workflow reads."""

    class Meta:
        model = Job
        fields = ["id", "kind", "name", "state"]


class WorkflowDetailSerializer(WorkflowSerializer):
    """A workflow, with what it depends on."""

    has_been_run = serializers.SerializerMethodField()
    is_out_of_date = serializers.SerializerMethodField(help_text="Whether a run would make its table anew.")
    why_out_of_date = serializers.SerializerMethodField(help_text="Each reason for that.")
    parents = serializers.SerializerMethodField(help_text="The jobs that fill what it reads.")

    class Meta(WorkflowSerializer.Meta):
        fields = [*WorkflowSerializer.Meta.fields, "has_been_run", "is_out_of_date", "why_out_of_date", "parents"]

    def to_representation(self, instance: Any) -> dict[str, Any]:
        instance.why = workflows.why_out_of_date(instance)
        return super().to_representation(instance)

    def get_has_been_run(self, workflow: Any) -> bool:
        return workflow.latest_run is not None

    def get_is_out_of_date(self, workflow: Any) -> bool:
        return bool(workflow.why)

    def get_why_out_of_date(self, workflow: Any) -> list[str]:
        return list(workflow.why)

    @extend_schema_field(ParentSerializer(many=True))
    def get_parents(self, workflow: Any) -> Any:
        return ParentSerializer(workflows.parents(workflow), many=True).data
