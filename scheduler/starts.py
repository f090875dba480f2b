"""The start of the service, as distinct from that of one of its processes: a worker comes, and no other is there.

Any number of workers may come at once, leave in good order, or be killed and started again. When a worker arrives, those
whose heartbeat is within the lease seem to live. Where there are none, this is a start. Where there are some, it is one only
if none of them was heard of again: then all of them had been killed. That is known a lease later, and the sweep looks. A row
that is gone by then is of a worker that lived on and left in good order. So a restart of one worker of several is no start,
nor is one after another; and no start is lost, be it that of a single worker which was killed a second ago.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now

from runs.models import ServiceStart, Worker
from runs.nodes import alive
from scheduler import nodes

LOCK = 0x61727276  # arrivals, one after another: of two at once the second has to see the first
KEPT = timedelta(days=30)  # that past starts are kept for people to see


class Other(NamedTuple):
    """A worker that seemed to live, and when it was last heard of."""

    boot_id: str
    heartbeat_at: datetime


def arrive() -> None:
    """Write this worker's row and, if it comes alone, that the service has started."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        among = [str(boot_id) for boot_id in alive().exclude(boot_id=nodes.me.boot_id).values_list("boot_id", flat=True)]
        nodes.beat()
        Worker.objects.filter(boot_id=nodes.me.boot_id).update(arrived_among=among or None)
        if not among:
            _write(list(Worker.objects.filter(boot_id=nodes.me.boot_id).values_list("started_at", flat=True)))


def undecided() -> list[tuple[Any, ...]]:
    """Return the workers, `(id,)` each, of whose arrival it can be told by now whether it was a start."""
    ripe = Worker.objects.filter(arrived_among__isnull=False, started_at__lt=Now() - timedelta(seconds=settings.LEASE))
    return list(ripe.values_list("boot_id"))


@transaction.atomic
def decide(rows: Sequence[tuple[Any, ...]]) -> None:
    """Decide about arrivals, by `(id,)`, and write down the starts among them."""
    arrivals = list(Worker.objects.select_for_update(skip_locked=True).filter(pk__in=[row[0] for row in rows]))
    among = {boot_id for one in arrivals for boot_id in one.arrived_among or ()}
    heard = Worker.objects.filter(pk__in=among).values_list("boot_id", "heartbeat_at")
    others = [Other(str(boot_id), heartbeat_at) for boot_id, heartbeat_at in heard]
    _write([one.started_at for one in arrivals if one.arrived_among and was_alone(one.started_at, one.arrived_among, others)])
    Worker.objects.filter(pk__in=[one.pk for one in arrivals]).update(arrived_among=None)


def was_alone(arrived_at: datetime, among: Sequence[str], others: Sequence[Other]) -> bool:
    """Tell whether all of those who seemed to live were silent since before the arrival; whoever is missing has left."""
    return set(among) <= {one.boot_id for one in others if one.heartbeat_at < arrived_at}


def _write(moments: Sequence[datetime]) -> None:
    ServiceStart.objects.bulk_create([ServiceStart(at=at) for at in moments], ignore_conflicts=True)
    if moments:
        ServiceStart.objects.filter(at__lt=Now() - KEPT).delete()
