"""The words of notifications, and their limits: pure."""

from __future__ import annotations

from django.db import models

DEFINITION = [  # what is written of a notification, by name and in the order that it is shown in
    "project",
    "graph",
    "schedule",
    "name",
    "enabled",
    "events",
    "channel",
    "recipients",
    "url",
    "keyword",
    "keyword_absent",
    "late_after",
    "slow_factor",
    "slow_after",
]


class Event(models.TextChoices):
    """What somebody can be told of; each at most once of a run."""

    FAILURE = "failure"
    """The run has failed."""
    SUCCESS = "success"
    """The run has succeeded."""
    RECOVERY = "recovery"
    """The run has succeeded, and the one that ended before it had failed."""
    LATE = "late"
    """A run that was scheduled for a time has not started `late_after` seconds after it."""
    SLOW = "slow"
    """The run takes longer than `slow_after` seconds, or `slow_factor` times what the graph's runs usually take."""


TEST = "test"
"""What a test delivery has in place of an event."""

WATCHED = (Event.LATE.value, Event.SLOW.value)
"""What happens while nothing moves: looked for by the sweep."""

TYPES = {
    Event.FAILURE.value: "execution.failed",
    Event.SUCCESS.value: "execution.succeeded",
    Event.RECOVERY.value: "execution.recovered",
    Event.LATE.value: "execution.late",
    Event.SLOW.value: "execution.slow",
    TEST: "notification.test",
}
"""What a webhook's `type` says."""


class Channel(models.TextChoices):
    """How somebody is told."""

    EMAIL = "email"
    WEBHOOK = "webhook"


class Status(models.TextChoices):
    """Where a delivery is."""

    PENDING = "pending"
    """It is to be sent, now or at `due_at`."""
    DELIVERED = "delivered"
    """The receiver has taken it."""
    FAILED = "failed"
    """Given up; it can be sent again by hand."""
    UNMET = "unmet"
    """Not sent: the keyword was not, or was, in the run's output."""


MOST_RECIPIENTS = 20
MOST_OF_A_PROJECT = 100
LONGEST_KEYWORD = 200
LONGEST_URL = 2_000
LONGEST_TIME = 366 * 24 * 3600  # seconds of late_after and slow_after
LARGEST_FACTOR = 1_000
