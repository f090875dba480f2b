"""Transition and LogChunk: what runs leave behind while they go on, a row for each move and for each piece of output."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now


class Transition(models.Model):
    """One move of a JobRun or, where `job_run` is null, of a GraphRun; written with the move, never changed.

    Foreign keys without a constraint: a row is written for each move, and its check would cost as much as the row.
    """

    graph_run = models.ForeignKey(
        "runs.GraphRun", on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    job_run = models.ForeignKey(
        "runs.JobRun", null=True, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    from_state = models.CharField(max_length=10)
    to_state = models.CharField(max_length=10)
    attempt = models.PositiveIntegerField(null=True)
    cause = models.CharField(max_length=200)
    reason = models.TextField(null=True, help_text="Why what moved is where it is now, when that is not plain.")
    ran_on = models.TextField(
        null=True, help_text="Of a claim: `node@host` of the worker, or its host; its own row goes with it."
    )
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["graph_run", "id"], name="transition_of_run"),  # the event stream resumes here
        ]

    def __str__(self) -> str:
        return f"{self.from_state} -> {self.to_state}"


class LogChunk(models.Model):
    """A piece of a JobRun's output; its id is its place in the log."""

    class Stream(models.TextChoices):
        OUT = "out"
        ERR = "err"
        LOG = "log"

    job_run = models.ForeignKey(
        "runs.JobRun", on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    attempt = models.PositiveIntegerField()
    stream = models.CharField(max_length=3, choices=Stream.choices)
    at = models.DateTimeField(db_default=Now())
    text = models.TextField()
    upto = models.BigIntegerField(null=True, help_text="Of a service's stream: how far it is told with this piece.")

    class Meta:
        indexes = [models.Index(fields=["job_run", "id"], name="log_in_order")]

    def __str__(self) -> str:
        return self.text
