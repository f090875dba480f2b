"""What a schedule may be told to do, and what becomes of the times at which it is due."""

from django.db import models


class Overlap(models.TextChoices):
    """What to do when a schedule is due and a run of it has not ended."""

    SKIP = "skip"
    """Do not launch."""
    QUEUE = "queue"
    """Launch once the run before has ended; so many may wait, and no more."""
    CANCEL = "cancel"
    """Cancel the run before, and launch once it has ended; of several that wait, the latest."""
    ALLOW = "allow"
    """Launch beside it."""


class CatchUp(models.TextChoices):
    """What to do about times that were missed, because nothing of the service ran."""

    SKIP = "skip"
    """Nothing."""
    ONE = "one"
    """Launch once for all of them, as of the latest."""
    ALL = "all"
    """Launch for each, one after another where runs may not overlap."""


class Became(models.TextChoices):
    """What became of a time at which a schedule was due."""

    LAUNCHED = "launched"
    QUEUED = "queued"
    """It waits for the run before to end."""
    SKIPPED = "skipped"
    """A run had not ended, or it waited in vain."""
    MISSED = "missed"
    """Nothing looked at it in time, and the schedule does not catch up with it."""
    FAILED = "failed"
    """It could not be launched."""
