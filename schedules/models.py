"""Schedule, Firing and PolicyPreset. Schedules are written by `schedules/services.py`, by `schedules/firing.py` when due."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import models
from django.db.models.functions import Now
from django_celery_beat.models import PeriodicTask

from dags.models import Graph, Project
from runs.models import GraphRun
from schedules.dst import Dst
from schedules.rules import Became, CatchUp, Overlap
from schedules.timing import Timing

DST_CHOICES = [(policy.value, policy.value) for policy in Dst]


class Schedule(models.Model):
    """When a graph is launched, and what happens when that time is missed, or comes too soon after the one before.

    Without a graph it launches the one that follows from its project's scheduled jobs, as they are then.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="schedules", help_text="The graph's.")
    graph = models.ForeignKey(Graph, null=True, blank=True, on_delete=models.CASCADE, related_name="schedules")
    daily = models.BooleanField(
        default=False, editable=False, help_text="The project's own: it stands while a job of the project is scheduled."
    )
    name = models.CharField(max_length=200)
    cron = models.CharField(max_length=200, null=True, blank=True, help_text="Five fields; six with seconds first.")
    interval = models.PositiveIntegerField(null=True, blank=True, help_text="Seconds, counted from the start.")
    at = models.DateTimeField(null=True, blank=True, help_text="Once.")
    on_start = models.BooleanField(default=False, help_text="Each time the service starts; beside the others, or alone.")
    timezone = models.CharField(max_length=64, default="UTC")
    start = models.DateTimeField(null=True, blank=True)
    end = models.DateTimeField(null=True, blank=True)
    params: Any = models.JSONField(default=dict, blank=True)
    enabled = models.BooleanField(default=True)
    jitter = models.PositiveIntegerField(default=0, help_text="Seconds over which launches are spread.")
    overlap = models.CharField(max_length=10, choices=Overlap.choices, default=Overlap.SKIP)
    catch_up = models.CharField(max_length=10, choices=CatchUp.choices, default=CatchUp.ONE)
    catch_up_window = models.PositiveIntegerField(
        null=True, blank=True, help_text="Seconds: what was missed longer ago is not caught up. Empty for no limit."
    )
    dst = models.CharField(max_length=10, choices=DST_CHOICES, default=Dst.DEBIAN)
    exclude_dates: Any = models.JSONField(default=list, blank=True, help_text="2027-12-24, or each year: --12-25.")
    considered_until = models.DateTimeField(editable=False, help_text="All that was due until then has become something.")
    considered_start = models.DateTimeField(
        db_default=Now(), editable=False, help_text="Starts of the service until then do not count any more."
    )
    next_due = models.DateTimeField(null=True, editable=False)
    due_at = models.DateTimeField(null=True, editable=False, help_text="When to launch: `next_due`, and its jitter.")
    last_due = models.DateTimeField(null=True, editable=False, help_text="What was launched for last.")
    periodic_task = models.OneToOneField(
        PeriodicTask, null=True, editable=False, on_delete=models.SET_NULL, related_name="+", help_text="What beat rings by."
    )
    created_at = models.DateTimeField(db_default=Now())

    now: datetime
    """The present moment, of those that `schedules.locks.lock_free` returns."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "name"],
                # The daily one comes by itself: no job may be kept from being scheduled by a name that is taken.
                condition=models.Q(daily=False),
                name="schedule_name_unique_in_project",
            ),
            models.UniqueConstraint(fields=["project"], condition=models.Q(daily=True), name="one_daily_schedule_of_a_project"),
            models.CheckConstraint(condition=models.Q(daily=False) | models.Q(graph=None), name="schedule_daily_of_project"),
            models.CheckConstraint(
                condition=models.Q(cron__isnull=False, interval=None, at=None)
                | models.Q(cron=None, interval__isnull=False, at=None)
                | models.Q(cron=None, interval=None, at__isnull=False)
                | models.Q(cron=None, interval=None, at=None, on_start=True),
                name="schedule_one_of_three",
            ),
            models.CheckConstraint(condition=models.Q(overlap__in=Overlap.values), name="schedule_overlap_known"),
            models.CheckConstraint(condition=models.Q(catch_up__in=CatchUp.values), name="schedule_catch_up_known"),
        ]
        indexes = [
            # Each sweep asks for what is due.
            models.Index(fields=["due_at"], condition=models.Q(due_at__isnull=False), name="schedule_due"),
            models.Index(
                fields=["considered_start"], condition=models.Q(on_start=True, enabled=True), name="schedule_on_start"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def timing(self) -> Timing:
        """Return when it is due, as the pure functions take it."""
        return Timing(
            cron=self.cron,
            interval=self.interval,
            at=self.at,
            timezone=self.timezone,
            start=self.start,
            end=self.end,
            dst=self.dst,
            exclude_dates=self.exclude_dates,
            jitter=self.jitter,
        )


class Firing(models.Model):
    """A time at which a schedule was due, and what became of it. There is one row of each: whoever inserts it, launches."""

    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="firings")
    due = models.DateTimeField(help_text="By hand: the moment it was asked for.")
    became = models.CharField(max_length=10, choices=Became.choices)
    reason = models.TextField(blank=True)
    by_hand = models.BooleanField(default=False)
    graph_run = models.ForeignKey(GraphRun, null=True, on_delete=models.SET_NULL, related_name="firings")
    running = models.BooleanField(default=False, help_text="Its run has not ended.")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["schedule", "due"], name="one_firing_per_schedule_and_due_time"),
            models.CheckConstraint(condition=models.Q(became__in=Became.values), name="firing_became_known"),
        ]
        indexes = [
            # What a schedule that is due asks: does a run of mine go on, does one wait?
            models.Index(fields=["schedule"], condition=models.Q(running=True), name="firing_running"),
            models.Index(fields=["schedule", "due"], condition=models.Q(became=Became.QUEUED), name="firing_queued"),
            models.Index(fields=["schedule", "-id"], name="firing_newest_of_schedule"),
            # The latest that launched nothing, of all schedules: they are few among many.
            models.Index(
                fields=["-id"],
                condition=models.Q(became__in=[Became.SKIPPED, Became.MISSED, Became.FAILED]),
                name="firing_astray",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.due:%Y-%m-%dT%H:%M:%SZ} {self.became}"


class PolicyPreset(models.Model):
    """A config of a planning policy under a name. Written by `schedules/policies/presets.py`."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="policy_presets")
    policy = models.CharField(max_length=100, help_text="The policy's name.")
    name = models.CharField(max_length=100)
    description = models.TextField(blank=True)
    config: Any = models.JSONField(default=dict, blank=True, help_text="Laid over the policy's defaults.")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "policy", "name"], name="preset_name_unique_of_policy_in_project")
        ]

    def __str__(self) -> str:
        return f"{self.policy}: {self.name}"
