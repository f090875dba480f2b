"""Notification and Delivery. Written by `notifications/services.py`, `outbox.py` and `delivering.py` alone."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from dags.models import Graph, Project
from notifications.rules import LONGEST_KEYWORD, LONGEST_URL, TEST, Channel, Event, Status
from runs.models import GraphRun
from schedules.models import Schedule


class Notification(models.Model):
    """Whom to tell of what happens to the runs of a project, of one of its graphs or of a schedule."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="notifications")
    graph = models.ForeignKey(
        Graph, null=True, blank=True, on_delete=models.CASCADE, related_name="+", help_text="Of this graph alone."
    )
    schedule = models.ForeignKey(
        Schedule, null=True, blank=True, on_delete=models.CASCADE, related_name="+", help_text="Of what this schedule launched."
    )
    name = models.CharField(max_length=200)
    enabled = models.BooleanField(default=True)
    events = ArrayField(models.CharField(max_length=10, choices=Event.choices))
    channel = models.CharField(max_length=10, choices=Channel.choices)
    recipients = ArrayField(models.EmailField(), default=list, blank=True, help_text="Of e-mail.")
    url = models.CharField(max_length=LONGEST_URL, blank=True, help_text="Of a webhook.")
    secret = models.TextField(blank=True, editable=False, help_text="What webhooks are signed with; encrypted.")
    old_secret = models.TextField(blank=True, editable=False, help_text="Signs as well for a while after it was replaced.")
    old_secret_until = models.DateTimeField(null=True, editable=False)
    keyword = models.CharField(
        max_length=LONGEST_KEYWORD, blank=True, help_text="Only where this stands in the output of the run's tasks."
    )
    keyword_absent = models.BooleanField(default=False, help_text="Only where the keyword does not stand there.")
    late_after = models.FloatField(null=True, blank=True, help_text="Seconds after its time that a run is late.")
    slow_factor = models.FloatField(
        null=True, blank=True, help_text="A run is slow that takes this many times what the graph's last runs took."
    )
    slow_after = models.FloatField(null=True, blank=True, help_text="A run is slow that takes longer than these seconds.")
    failing_since = models.DateTimeField(null=True, editable=False, help_text="Nothing could be delivered since.")
    disabled_reason = models.TextField(blank=True, editable=False, help_text="Why the service has switched it off.")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(channel__in=Channel.values), name="notification_channel_known"),
            models.UniqueConstraint(fields=["project", "name"], name="notification_name_unique_in_project"),
        ]
        indexes = [
            # The end of each run asks for these: most projects have none.
            models.Index(fields=["project"], condition=models.Q(enabled=True), name="notification_enabled")
        ]

    def __str__(self) -> str:
        return self.name


class Delivery(models.Model):
    """Something that somebody is told, from the move that it tells of until it has been taken or given up.

    Foreign keys without a constraint: the row is written in the transaction of a run's move, which neither waits for an edit
    of the notification nor fails because it has just been deleted.
    """

    notification = models.ForeignKey(Notification, on_delete=models.CASCADE, db_constraint=False, related_name="deliveries")
    graph_run = models.ForeignKey(
        GraphRun, null=True, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    event = models.CharField(max_length=10, choices=[*Event.choices, (TEST, "Test")])
    message_id = models.CharField(max_length=40, unique=True, help_text="The same at each try: receivers drop doubles by it.")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PENDING)
    facts: Any = models.JSONField(help_text="The run as it was at the move.")
    body = models.TextField(null=True, help_text="What is sent; written before the first try, and the same at each.")
    tries = models.PositiveIntegerField(default=0, help_text="Fences the outcome of a try: an older one changes nothing.")
    failures = models.PositiveIntegerField(default=0, help_text="In a row; what the next try is put off by.")
    due_at = models.DateTimeField(null=True, help_text="When it is to be tried.")
    leased_until = models.DateTimeField(null=True, help_text="Somebody tries it; may be dead after this.")
    rung_at = models.DateTimeField(null=True, help_text="Bounds the sweep's rings.")
    log: Any = models.JSONField(
        default=list, help_text="The last tries: time, seconds, status, beginning of the answer, error."
    )
    created_at = models.DateTimeField(db_default=Now())
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            # Of a test there may be many: it has no run, and nulls are distinct.
            models.UniqueConstraint(fields=["notification", "graph_run", "event"], name="told_once"),
            models.CheckConstraint(condition=models.Q(status__in=Status.values), name="delivery_status_known"),
            models.CheckConstraint(
                condition=models.Q(status=Status.PENDING, due_at__isnull=False)
                | (~models.Q(status=Status.PENDING) & models.Q(due_at=None)),
                name="delivery_due_while_pending",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=models.Q(status=Status.PENDING), name="delivery_due"),
            models.Index(fields=["notification", "-id"], name="delivery_newest"),
            models.Index(fields=["created_at"], name="delivery_by_age"),  # the sweep forgets the oldest
        ]

    def __str__(self) -> str:
        return self.message_id
