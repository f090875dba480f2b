"""What is to be told, written down with the move that it tells of; who delivers it is rung once that has committed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from notifications import sql
from notifications.models import Delivery, Notification
from notifications.rules import WATCHED
from runs.states import GraphRunState
from runs.transitions import RunMoved
from scheduler import dispatch

DELIVER = "notifications.tasks.deliver"
TOLD_OF = {GraphRunState.SUCCESS.value, GraphRunState.FAILED.value}
FORGOTTEN_AT_ONCE = 1_000

Rows = list[tuple[Any, ...]]


def record_ends(sender: Any, *, moves: Sequence[RunMoved], **kwargs: Any) -> None:
    """Receive `graph_runs_moved`: write down what is to be told of the runs that have ended."""
    ended = [move.id for move in moves if move.state in TOLD_OF]
    if ended and sql.RECORD_ENDED.rows({"ids": ended}):
        ring()


def ring() -> None:
    """Have what is due delivered once the present transaction has committed."""
    dispatch.send_on_commit(DELIVER)


# --- What the sweep does ---


def watchers() -> Rows:
    """Return some row where anybody wants to be told of runs that are late or slow."""
    return list(Notification.objects.filter(enabled=True, events__overlap=list(WATCHED)).values_list("pk")[:1])


@transaction.atomic
def record_watched(rows: Rows) -> None:
    """Write down what is to be told of runs that go on."""
    if sql.RECORD_WATCHED.rows({}):
        ring()


def neglected() -> Rows:
    """Return the deliveries that are due and that nobody has come for."""
    return sql.TAKE_DUE.rows({"grace": settings.RING_GRACE})


def ring_again(rows: Rows) -> None:
    """Have them delivered."""
    ring()


def old_deliveries() -> Rows:
    """Return the oldest deliveries that are kept no longer."""
    old = Delivery.objects.filter(created_at__lt=Now() - timedelta(seconds=settings.KEEP_DELIVERIES))
    return list(old.order_by("created_at").values_list("pk")[:FORGOTTEN_AT_ONCE])


def forget_deliveries(rows: Rows) -> None:
    """Delete deliveries, by `(id,)`."""
    Delivery.objects.filter(pk__in=[row[0] for row in rows]).delete()
