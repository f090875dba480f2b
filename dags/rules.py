"""What a graph can say about when its tasks run, and where a job stands. Pure: of Django only the base of enums."""

from django.db import models


class OnFailure(models.TextChoices):
    """What a failed task does to the rest of its run."""

    SKIP = "skip"
    """Its descendants are skipped as their trigger rules say; other branches go on."""
    CONTINUE = "continue"
    """Its children run as if it had succeeded; the run still ends FAILED."""
    STOP = "stop"
    """Nothing more starts but tasks with the rule `always`; running ones may finish."""


class TriggerRule(models.TextChoices):
    """When a task may start, given what became of its edges."""

    ALL_SUCCESS = "all_success"
    """Every edge's condition was met."""
    ALL_DONE = "all_done"
    """Every parent has ended, whatever its end."""
    ONE_SUCCESS = "one_success"
    """One edge's condition was met; the others need not be known yet."""
    ONE_FAILED = "one_failed"
    """One parent has failed; the others need not have ended."""
    NONE_FAILED = "none_failed"
    """Every parent has ended, none has failed, and none was skipped because of a failure; other skips do not matter."""
    ALWAYS = "always"
    """Like all_done, and even when the run was stopped by a failure: for cleaning up."""


class Condition(models.TextChoices):
    """What an edge asks of its parent."""

    SUCCESS = "success"
    """The parent has succeeded."""
    FAILED = "failed"
    """The parent has failed."""
    DONE = "done"
    """The parent has ended: success, failure or skip."""
    READY = "ready"
    """The parent serves, as a service does that has passed its checks, or has succeeded: of other tasks the same as success."""


class JobState(models.TextChoices):
    """Where a Job stands: a function of its latest runs."""

    UPDATE = "update"
    """It has never run."""
    PENDING = "pending"
    """Its latest run has not started."""
    LOAD = "load"
    """Its latest run is at work, or waits for something outside."""
    ERROR = "error"
    """Its latest run failed, or was cancelled."""
    DONE = "done"
    """Its latest run succeeded, or found that there was nothing to do since one that did."""
