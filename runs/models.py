"""ExecutionGraph, GraphRun, JobRun, Transition, LogChunk. `state` is written by `runs/transitions.py` alone."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from runs import states
from runs.history import LogChunk, Transition
from runs.machines import Node, ServiceStart, Worker

__all__ = ["ExecutionGraph", "GraphRun", "JobRun", "LogChunk", "Node", "ServiceStart", "Transition", "Worker"]

OF_NO_GRAPH = 0  # the revision of content that never was a Graph's: those begin at 1


class ExecutionGraph(models.Model):
    """The immutable executable copy of a Graph, shared by all runs of the same content; or content of no Graph.

    `spec`: `{"name", "on_failure", "max_parallel", "tasks": [...], "edges": [[from, to, condition?], ...]}`; tasks stand in
    topological order, edges name them by their index there, what is at its default is left out.
    """

    graph = models.ForeignKey("dags.Graph", null=True, on_delete=models.SET_NULL, related_name="execution_graphs")
    digest = models.CharField(max_length=64, help_text="SHA-256 of the spec.")
    revision = models.PositiveIntegerField(help_text="The latest revision of the graph with this content.")
    spec: Any = models.JSONField()
    size = models.PositiveIntegerField(help_text="Tasks.")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["graph", "digest"], name="one_execution_graph_per_content"),
            # Not `graph=None`: deleted graphs leave their copies behind, of which two may be alike.
            models.UniqueConstraint(
                fields=["digest"], condition=models.Q(revision=OF_NO_GRAPH), name="one_execution_graph_of_no_graph"
            ),
        ]
        indexes = [models.Index(fields=["graph", "revision"], name="execution_graph_by_revision")]  # launch looks here first

    def __str__(self) -> str:
        return f"{self.spec['name']} {self.digest[:12]}"


class GraphRun(models.Model):
    """One run of an ExecutionGraph; the API calls it an execution."""

    class Trigger(models.TextChoices):
        MANUAL = "manual"
        KEY = "key"
        SCHEDULE = "schedule"
        RERUN = "rerun"
        JOB = "job"

    execution_graph = models.ForeignKey(ExecutionGraph, on_delete=models.PROTECT, related_name="runs")
    graph = models.ForeignKey("dags.Graph", null=True, on_delete=models.SET_NULL, db_index=False, related_name="runs")
    project = models.ForeignKey("dags.Project", on_delete=models.CASCADE, related_name="runs")
    name = models.CharField(max_length=200)
    state = models.CharField(max_length=10, choices=states.GraphRunState.choices, default=states.GraphRunState.PENDING)
    params: Any = models.JSONField(default=dict)
    task_id = models.UUIDField(default=uuid.uuid4, unique=True, help_text="AsyncResult(task_id) tells of this run.")
    trigger = models.CharField(max_length=10, choices=Trigger.choices, default=Trigger.MANUAL)
    launched_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    scheduled_for = models.DateTimeField(null=True)
    parent_run = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="reruns")
    size = models.PositiveIntegerField()
    expanded = models.BooleanField(default=False, help_text="Its JobRuns exist.")
    walkers: Any = models.JSONField(default=dict, help_text="Walkers rung or at work, by queue; kept under the row's lock.")
    success_count = models.PositiveIntegerField(null=True, help_text="Known once it has ended.")
    fail_count = models.PositiveIntegerField(null=True, help_text="Known once it has ended.")
    note = models.TextField(blank=True)
    labels: Any = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True)
    completed_at = models.DateTimeField(null=True)
    cancel_requested_at = models.DateTimeField(null=True)
    placement: Any = models.JSONField(null=True, help_text='The nodes it was given: {"srv": {"name", "ip", "hostname"}}.')
    reason = models.TextField(null=True, help_text="Why it has no nodes yet, or never got them.")
    place_by = models.DateTimeField(null=True, help_text="Until when it waits for its nodes.")
    rung_at = models.DateTimeField(db_default=Now(), help_text="Bounds the sweep's rings: once per grace time.")
    wake_at = models.DateTimeField(null=True, help_text="When its next retry is due: the sweep rings it then.")

    place_within: float | None = None
    """Of a fresh run: for how many seconds it waits for its nodes."""
    born: Sequence[Any] = ()
    """Its JobRuns as they began, `transitions.Moved` each: known to who has launched it, as long as they are few."""

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(state__in=states.GraphRunState.values), name="graph_run_state_known"),
            models.CheckConstraint(
                condition=models.Q(state__in=states.GRAPH_FINISHED, completed_at__isnull=False)
                | models.Q(state__in=states.GRAPH_UNFINISHED, completed_at=None),
                name="graph_run_completed_when_finished",
            ),
        ]
        indexes = [
            models.Index(fields=["graph", "-id"], name="graph_run_latest_of_graph"),
            # Runs of jobs on their own count neither for a project's state nor in lists that do not ask for them.
            models.Index(fields=["project", "-id"], condition=~models.Q(trigger="job"), name="graph_run_latest_of_project"),
            models.Index(
                fields=["rung_at"], condition=models.Q(state__in=states.GRAPH_UNFINISHED), name="graph_run_unfinished"
            ),
            # Runs that wait for their nodes.
            models.Index(
                fields=["id"],
                condition=models.Q(state=states.GraphRunState.PENDING, expanded=False, reason__isnull=False),
                name="graph_run_unplaced",
            ),
            # Runs that hold nodes.
            models.Index(
                fields=["id"],
                condition=models.Q(state__in=states.GRAPH_UNFINISHED, placement__isnull=False),
                name="graph_run_placed",
            ),
            models.Index(fields=["wake_at"], condition=models.Q(wake_at__isnull=False), name="graph_run_to_wake"),
        ]

    def __str__(self) -> str:
        return f"{self.name} #{self.pk}"


class JobRun(models.Model):
    """One run of one task inside a GraphRun; a Job on its own runs as a graph of one task."""

    graph_run = models.ForeignKey(  # the index of the constraint below serves it too
        GraphRun, on_delete=models.CASCADE, db_index=False, related_name="job_runs"
    )
    node = models.PositiveIntegerField(help_text="The task's index in the ExecutionGraph.")
    key = models.CharField(max_length=200)
    job = models.ForeignKey(
        "dags.Job", null=True, on_delete=models.SET_NULL, db_index=False, related_name="runs", help_text="Of the driver `job`."
    )
    state = models.CharField(max_length=10, choices=states.JobRunState.choices, default=states.JobRunState.PENDING)
    attempt = models.PositiveIntegerField(default=0, help_text="Fences every write of a try: an older try changes nothing.")
    losses = models.PositiveIntegerField(default=0, help_text="Attempts lost with their worker.")
    failures = models.PositiveIntegerField(default=0, help_text="Attempts that failed; what retries are counted by.")
    waiting_on = models.PositiveIntegerField(default=0, help_text="Parents that have not ended.")
    parents_met = models.PositiveIntegerField(default=0, help_text="Edges whose condition was met.")
    parents_failed = models.PositiveIntegerField(default=0, help_text="Edges unmet because the parent failed.")
    reason = models.TextField(null=True, help_text="Why it is where it is, when that is not plain.")
    queue = models.CharField(max_length=110, default="default")
    priority = models.SmallIntegerField(default=0)
    available_at = models.DateTimeField(null=True, help_text="QUEUED: not claimed before. WAITING: queued then.")
    timeout = models.FloatField(null=True, help_text="Seconds an attempt may take.")
    quick = models.BooleanField(default=False, help_text="May be claimed together with others, if they turn out to be short.")
    deadline_at = models.DateTimeField(null=True, help_text="When the present attempt times out.")
    claimed_by = models.UUIDField(null=True, help_text="Worker.boot_id.")
    ran_on = models.TextField(null=True, help_text="What that worker is called: its row goes with it.")
    walk_id = models.CharField(max_length=155, null=True, help_text="The Celery message whose walk claimed it.")
    report_digest = models.CharField(max_length=64, null=True, help_text="SHA-256 of the attempt's one-time report key.")
    progress: Any = models.JSONField(null=True, help_text="The last {progress, message} reported.")
    started_at = models.DateTimeField(null=True)
    ready_at = models.DateTimeField(null=True, help_text="Since when it has served: of a service that passed its checks.")
    completed_at = models.DateTimeField(null=True)
    results: Any = models.JSONField(null=True)
    errors: Any = models.JSONField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["graph_run", "node"], name="job_run_one_per_node"),
            models.CheckConstraint(condition=models.Q(state__in=states.JobRunState.values), name="job_run_state_known"),
            models.CheckConstraint(
                condition=models.Q(state__in=states.FINISHED, completed_at__isnull=False)
                | models.Q(state__in=states.UNFINISHED, completed_at=None),
                name="job_run_completed_when_finished",
            ),
        ]
        # Each move of state inserts into every index whose condition the row fits: keep them few and narrow.
        indexes = [
            # The roll-up's "is anything unfinished?", asked from the last node backwards, which tends to finish last.
            models.Index(
                fields=["graph_run", "node"], condition=models.Q(state__in=states.UNFINISHED), name="job_run_unfinished"
            ),
            # The roll-up's "has anything failed, or been cancelled?"
            models.Index(
                fields=["graph_run", "state"],
                condition=models.Q(state__in=[states.JobRunState.FAILED, states.JobRunState.CANCELLED]),
                name="job_run_unhappy",
            ),
            # The claim, in its order.
            models.Index(
                fields=["graph_run", "-priority", "node"],
                condition=models.Q(state=states.JobRunState.QUEUED),
                name="job_run_claim",
            ),
            # The sweep: queued work that nobody came for.
            models.Index(
                fields=["available_at"], condition=models.Q(state=states.JobRunState.QUEUED), name="job_run_queued_since"
            ),
            # The running ones of a run, for max_parallel; all of them, for the recovery of a dead worker's.
            models.Index(
                fields=["graph_run", "claimed_by"], condition=models.Q(state=states.JobRunState.RUNNING), name="job_run_running"
            ),
            # Timeouts that a worker failed to enforce.
            models.Index(
                fields=["deadline_at"],
                condition=models.Q(state__in=states.OWED, deadline_at__isnull=False),
                name="job_run_deadline",
            ),
            # Waits whose time has come.
            models.Index(
                fields=["available_at"],
                condition=models.Q(state=states.JobRunState.WAITING, available_at__isnull=False),
                name="job_run_waiting_until",
            ),
            # The latest runs of a job.
            models.Index(fields=["job", "-id"], condition=models.Q(job__isnull=False), name="job_run_of_job"),
            # The latest runs on a node's own queue: no other queue's rows are in it.
            models.Index(fields=["queue", "-id"], condition=models.Q(queue__startswith="node."), name="job_run_of_node"),
            # Reports by key, and by one-time key.
            models.Index(fields=["key"], condition=models.Q(state__in=states.OWED, quick=False), name="job_run_owed_by_key"),
            models.Index(
                fields=["report_digest"],
                condition=models.Q(state__in=states.OWED, report_digest__isnull=False),
                name="job_run_report_digest",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} #{self.pk}"
