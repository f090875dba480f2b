"""What a connector's run knows of its sync, kept for whichever attempt goes on with it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import F
from django.db.models.functions import Now

from jobs.models import Connector, Sync

KEPT = timedelta(days=30)


def of(connector: Connector, run: str) -> Sync:
    """Return the sync of a run; it is made by the first attempt, which removes those long over."""
    sync, made = Sync.objects.get_or_create(connector=connector, run=run)
    if made:
        Sync.objects.filter(connector=connector, created_at__lt=Now() - KEPT).delete()
    return sync


def called(sync: Sync) -> datetime:
    """Write down, before the call that starts it, that it is made; return when, by the database's clock."""
    return _changed(sync, called_at=Now()).called_at or sync.created_at


def started(sync: Sync, *, external_id: str, since: datetime) -> None:
    """Write down that the call was answered; the looks at its state begin."""
    _changed(sync, started=True, external_id=external_id, since=since, looks=0)


def looked(sync: Sync) -> int:
    """Count a look, before it is taken; return how many that makes."""
    return _changed(sync, looks=F("looks") + 1).looks


def age(sync: Sync) -> float:
    """Return for how many seconds its call has been answered for, or it has been waited for, by the database's clock."""
    now: datetime = Sync.objects.values_list(Now(), flat=True).get(pk=sync.pk)
    return (now - (sync.called_at or sync.created_at)).total_seconds()


def _changed(sync: Sync, **fields: Any) -> Sync:
    Sync.objects.filter(pk=sync.pk).update(**fields)
    sync.refresh_from_db()
    return sync
