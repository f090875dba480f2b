"""Project, Graph, Task, Edge: the blueprint, written by `dags/services.py` alone; and Job, what a task may refer to."""

from __future__ import annotations

from datetime import time
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from dags.rules import Condition, JobState, OnFailure, TriggerRule


class Project(models.Model):
    """Owns graphs; its state is the state of its latest run."""

    name = models.CharField(max_length=200, unique=True)
    description = models.TextField(blank=True)
    daily_at = models.TimeField(default=time(), help_text="When its scheduled jobs run each day, by its time zone's clocks.")
    timezone = models.CharField(max_length=64, default="UTC", help_text="Of its team, such as Europe/Berlin.")
    state = models.CharField(max_length=10, null=True, editable=False, help_text="Written by the roll-up alone.")
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class Graph(models.Model):
    """The editable blueprint of a pipeline."""

    graph_id = models.BigAutoField(primary_key=True)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="graphs")
    name = models.CharField(max_length=200)
    execution_key = models.CharField(max_length=200, default="default", db_index=True)
    description = models.TextField(blank=True)
    on_failure = models.CharField(max_length=10, choices=OnFailure.choices, default=OnFailure.SKIP)
    max_parallel = models.PositiveIntegerField(null=True, blank=True, help_text="Tasks of one run at once; empty for no limit.")
    params_schema: Any = models.JSONField(null=True, blank=True, help_text="JSON Schema of a run's params.")
    last_launched = models.DateTimeField(null=True, editable=False)
    revision = models.PositiveIntegerField(default=1, editable=False, help_text="Counts the edits.")
    edited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )
    edited_at = models.DateTimeField(db_default=Now(), editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(on_failure__in=OnFailure.values), name="graph_on_failure_known"),
            models.CheckConstraint(condition=~models.Q(max_parallel=0), name="graph_max_parallel_above_zero"),
        ]

    def __str__(self) -> str:
        return self.name


class GraphRevision(models.Model):
    """A graph as it was once saved: what can be looked at, compared, and saved again. It never changes."""

    graph = models.ForeignKey(Graph, on_delete=models.CASCADE, related_name="revisions")
    revision = models.PositiveIntegerField()
    content: Any = models.JSONField(help_text="As `dag/<id>/` takes it; what is at its default is left out.")
    saved_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    saved_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["graph", "revision"], name="graph_revision_kept_once")]

    def __str__(self) -> str:
        return f"{self.graph_id} at revision {self.revision}"


class Task(models.Model):
    """A node of a graph: what to do, and how."""

    task_id = models.BigAutoField(primary_key=True)
    parent = models.ForeignKey(Graph, on_delete=models.CASCADE, related_name="tasks")
    name = models.CharField(max_length=200)
    key = models.CharField(max_length=200, help_text="Names it in edges, templates and reports.")
    description = models.TextField(blank=True)
    driver = models.CharField(max_length=40, default="python")
    command = models.TextField(blank=True)
    configs: Any = models.JSONField(null=True, blank=True)
    auto_report = models.BooleanField(default=True, help_text="Off: its own end does not finish it, a report does.")
    retries = models.PositiveIntegerField(default=0)
    retry_delay = models.FloatField(default=0, help_text="Seconds before the first retry.")
    retry_backoff = models.FloatField(default=1, help_text="Each further delay is this many times the one before.")
    timeout = models.FloatField(null=True, blank=True, help_text="Seconds an attempt may take.")
    trigger_rule = models.CharField(max_length=20, choices=TriggerRule.choices, default=TriggerRule.ALL_SUCCESS)
    queue = models.CharField(max_length=100, null=True, blank=True, help_text="Empty for the default queue.")
    priority = models.SmallIntegerField(default=0, help_text="Higher starts first within its run.")
    node_selector: Any = models.JSONField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["parent", "key"], name="task_key_unique_in_graph"),
            models.CheckConstraint(condition=models.Q(trigger_rule__in=TriggerRule.values), name="task_trigger_rule_known"),
            models.CheckConstraint(
                condition=models.Q(retry_delay__gte=0, retry_backoff__gte=1)
                & (models.Q(timeout=None) | models.Q(timeout__gt=0)),
                name="task_times_sane",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Edge(models.Model):
    """`task_to` waits for `task_from`; both belong to `graph`."""

    graph = models.ForeignKey(Graph, on_delete=models.CASCADE, related_name="edges")
    task_from = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="edges_out")
    task_to = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="edges_in")
    condition = models.CharField(max_length=10, choices=Condition.choices, default=Condition.SUCCESS)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["task_from", "task_to"], name="edge_unique"),
            models.CheckConstraint(condition=~models.Q(task_from=models.F("task_to")), name="edge_not_to_itself"),
            models.CheckConstraint(condition=models.Q(condition__in=Condition.values), name="edge_condition_known"),
        ]

    def __str__(self) -> str:
        return f"{self.task_from_id} -> {self.task_to_id}"


class Job(models.Model):
    """The definition of processing logic. Abstract: each kind is a model of its own in `jobs/`, and shares this row.

    A task of the driver `job` names one in its configs; one alone can be run too.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="jobs")
    kind = models.CharField(max_length=20, editable=False, help_text="Which model has the rest of it.")
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    is_scheduled = models.BooleanField(default=False, help_text="Runs with the project's daily schedule.")
    state = models.CharField(
        max_length=10,
        choices=JobState.choices,
        default=JobState.UPDATE,
        editable=False,
        help_text="Written by the roll-up alone.",
    )
    succeeded_at = models.DateTimeField(null=True, editable=False, help_text="When its last success began.")
    changed_at = models.DateTimeField(db_default=Now(), editable=False, help_text="When its definition was last changed.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "name"], name="job_name_unique_in_project"),
            models.CheckConstraint(condition=models.Q(state__in=JobState.values), name="job_state_known"),
        ]
        indexes = [models.Index(fields=["project", "kind"], name="job_of_project")]

    def __str__(self) -> str:
        return self.name
