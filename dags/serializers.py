"""Projects, graphs, tasks and edges as JSON, after the seed's shapes."""

from __future__ import annotations

from typing import Any

from django.core.validators import RegexValidator
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.errors import Invalid
from api.serializers import ObjectField, Strict, VisibleKey
from dags import drivers, owning
from dags.models import Edge, Graph, Project, Task
from dags.rules import Condition

MAX_SECONDS = 10 * 366 * 24 * 3600  # of a delay or a timeout; the database can add this to any date
MAX_BACKOFF = 100
MAX_NUMBER = 2**31 - 1

AS_WRITTEN = {"description": {"trim_whitespace": False}}  # names are trimmed, texts are not

# A key stands in paths (`report-by-key/<key>/`), so it holds no slash and is neither `.` nor `..`.
key_is_sane = RegexValidator(r"^(?!\.{1,2}\Z)[^/\x00-\x1f\x7f]+\Z", "A key may not hold slashes or control characters.")
queue_is_sane = RegexValidator(r"^[\w.:-]+\Z", "A queue is named with letters, digits, dots, colons, dashes and underscores.")


@extend_schema_field({"type": "string", "pattern": r"^([01]\d|2[0-3]):[0-5]\d$"})
class TimeOfDayField(serializers.TimeField):
    """An hour and a minute: 06:30."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="%H:%M", input_formats=["%H:%M"], **kwargs)


class ProjectSerializer(Strict, serializers.ModelSerializer):
    """A project."""

    daily_at = TimeOfDayField(required=False, help_text="When its scheduled jobs run each day; 00:00 unless told.")
    timezone = serializers.CharField(
        max_length=64, required=False, help_text="By whose clocks, such as Europe/Berlin; UTC unless told."
    )

    class Meta:
        model = Project
        fields = ["id", "name", "description", "daily_at", "timezone", "state", "created_at"]
        read_only_fields = ["state"]
        extra_kwargs = AS_WRITTEN


class DriverNumber(serializers.ChoiceField):
    """The seed's number of a task's driver."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=sorted(drivers.NUMBERS.items()), **kwargs)

    def get_attribute(self, instance: Task) -> int:  # type: ignore[override]  # the stubs know of text alone
        return drivers.number(instance.driver)


class TaskSerializer(Strict, serializers.ModelSerializer):
    """A task of a graph."""

    parent = VisibleKey(  # type: ignore[assignment]  # a field's own parent is another thing
        queryset=Graph.objects.all(), help_text="Its graph."
    )
    key = serializers.CharField(
        max_length=200,
        required=False,
        allow_blank=True,
        allow_null=True,
        validators=[key_is_sane],
        help_text="Names it in edges, templates and reports; made from the name where it is not given.",
    )
    command = serializers.CharField(required=False, allow_blank=True, trim_whitespace=False)
    is_py_func = DriverNumber(required=False, help_text="0 offline, 1 python, 2 system: another view of `driver`.")
    driver = serializers.CharField(max_length=40, required=False)
    configs = ObjectField(
        required=False,
        allow_null=True,
        help_text="{args: [...], kwargs: {...}}, or null. Of commands: args, env, cwd; of http: method, headers, body, "
        "expected_status, timeout.",
    )
    retry_delay = serializers.FloatField(required=False, min_value=0, max_value=MAX_SECONDS, help_text="Seconds.")
    retry_backoff = serializers.FloatField(required=False, min_value=1, max_value=MAX_BACKOFF)
    timeout = serializers.FloatField(
        required=False, allow_null=True, min_value=0.001, max_value=MAX_SECONDS, help_text="Seconds an attempt may take."
    )
    queue = serializers.CharField(
        max_length=100, required=False, allow_null=True, validators=[queue_is_sane], help_text="Null for the default queue."
    )
    node_selector = ObjectField(required=False, allow_null=True)

    class Meta:
        model = Task
        fields = [
            "task_id",
            "parent",
            "name",
            "key",
            "description",
            "command",
            "is_py_func",
            "driver",
            "configs",
            "auto_report",
            "retries",
            "retry_delay",
            "retry_backoff",
            "timeout",
            "trigger_rule",
            "queue",
            "priority",
            "node_selector",
        ]
        validators: list[Any] = []  # the service checks that the key is unique, under its lock
        extra_kwargs = AS_WRITTEN

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        number, driver = attrs.pop("is_py_func", None), attrs.get("driver")
        if number is None and driver is None:
            return attrs
        present = self.instance.driver if isinstance(self.instance, Task) else "python"
        try:
            attrs["driver"] = drivers.agreed(driver, number, present)
        except Invalid as error:
            raise serializers.ValidationError({"is_py_func": error.messages}) from None
        return attrs


class EdgeSerializer(Strict, serializers.ModelSerializer):
    """An edge between two tasks of one graph, which are named by id."""

    task_from = VisibleKey(queryset=Task.objects.all(), project="parent__project_id")
    task_to = VisibleKey(queryset=Task.objects.all(), project="parent__project_id")
    condition = serializers.ChoiceField(choices=Condition.choices, required=False)

    class Meta:
        model = Edge
        fields = ["id", "task_from", "task_to", "condition"]
        validators: list[Any] = []  # the service checks that the pair is unique, under its lock


class GraphTaskSerializer(TaskSerializer):
    """A task within its whole graph; edges there may name it by the `task_id` it carries."""

    whole = True
    task_id = serializers.IntegerField(required=False, allow_null=True)
    parent: Any = serializers.PrimaryKeyRelatedField(read_only=True)


@extend_schema_field({"oneOf": [{"type": "integer"}, {"type": "string"}]})
class TaskReference(serializers.Field):
    """One end of an edge within its whole graph: sent as a task's key or its task_id, shown as its task_id."""

    default_error_messages = {"wrong_type": "Must be a task's key (text) or its task_id (a number)."}

    def get_attribute(self, instance: Edge) -> int:
        return getattr(instance, f"{self.field_name}_id")

    def to_representation(self, value: int) -> int:
        return value

    def to_internal_value(self, data: Any) -> str | int:
        if isinstance(data, bool) or not isinstance(data, str | int):
            self.fail("wrong_type")
        return data


class GraphEdgeSerializer(Strict, serializers.ModelSerializer):
    """An edge within its whole graph."""

    whole = True
    task_from = TaskReference()
    task_to = TaskReference()
    condition = serializers.ChoiceField(choices=Condition.choices, required=False)

    class Meta:
        model = Edge
        fields = ["id", "task_from", "task_to", "condition"]
        validators: list[Any] = []


class GraphSerializer(Strict, serializers.ModelSerializer):
    """A whole graph."""

    project = VisibleKey(queryset=Project.objects.all(), project="pk", required=False)
    max_parallel = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=MAX_NUMBER)
    params_schema = ObjectField(required=False, allow_null=True, help_text="JSON Schema of the params of an execution.")
    state = serializers.CharField(read_only=True, allow_null=True, help_text="Of its latest execution.")
    tasks = GraphTaskSerializer(many=True, required=False)
    edges = GraphEdgeSerializer(many=True, required=False)

    class Meta:
        model = Graph
        fields = [
            "graph_id",
            "name",
            "execution_key",
            "last_launched",
            "project",
            "description",
            "on_failure",
            "max_parallel",
            "params_schema",
            "revision",
            "state",
            "tasks",
            "edges",
        ]
        read_only_fields = ["last_launched", "revision"]
        extra_kwargs = AS_WRITTEN

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if self.partial and "tasks" in attrs and "edges" not in attrs:
            raise serializers.ValidationError({"edges": ["Needed beside tasks: the two are replaced together."]})
        if self.instance is None and "project" not in attrs:
            attrs["project"] = owning.home_of(self.context["request"])
        return attrs


class GraphRowSerializer(serializers.ModelSerializer):
    """A graph in a list."""

    state = serializers.CharField(read_only=True, allow_null=True, help_text="Of its latest execution.")
    task_count = serializers.IntegerField(read_only=True)

    class Meta:
        model = Graph
        fields = ["graph_id", "name", "execution_key", "last_launched", "project", "state", "task_count"]
