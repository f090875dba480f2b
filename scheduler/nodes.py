"""Who this worker is, and that it lives: one row per life of a worker process, renewed by a heartbeat."""

from __future__ import annotations

import mmap
import os
import socket
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from django.conf import settings
from django.db.models import QuerySet, Sum
from django.db.models.functions import Now

from runs.models import Worker
from scheduler import faults

NODE_QUEUE = "node."  # and the name of the node
SLOTS_KNOWN = 1.0  # seconds that a count of slots is believed


@dataclass(kw_only=True)
class Identity:
    """This process as a worker; made before the pool forks, so that every child shares it."""

    boot_id: uuid.UUID = field(default_factory=uuid.uuid4)
    queues: tuple[str, ...] = ("default",)
    slots: int = 1
    # One byte of memory that the children share with their parent: 1 tells walkers to take no more work, 2 to give back
    # what they have.
    closing: mmap.mmap = field(default_factory=lambda: mmap.mmap(-1, 1))


me = Identity()


def become(*, queues: Sequence[str], slots: int) -> None:
    """Take a fresh identity: a restarted worker is another one, whatever its name."""
    me.boot_id, me.queues, me.slots = uuid.uuid4(), tuple(queues), slots


def close() -> None:
    """Tell the walkers of this worker to finish what they have and take no more."""
    me.closing[0] = 1


def is_closing() -> bool:
    """Tell whether this worker is ending."""
    return me.closing[0] > 0


def give_up() -> None:
    """Tell the walkers of this worker to give back what they have."""
    me.closing[0] = 2


def is_giving_up() -> bool:
    """Tell whether this worker is ending and its jobs have to end with it."""
    return me.closing[0] > 1


def queues_of(node: str, common: Sequence[str]) -> list[str]:
    """Return the queues that a worker of this node consumes, its own first."""
    return [f"{NODE_QUEUE}{node}", *common] if node else list(common)


def beat() -> None:
    """Renew this worker's row, or write it where it is missing."""
    faults.point("heartbeat")
    if not Worker.objects.filter(boot_id=me.boot_id).update(heartbeat_at=Now()):
        Worker.objects.bulk_create([_row()], ignore_conflicts=True)


def leave() -> None:
    """Remove this worker's row: it is ending, and holds nothing any more."""
    Worker.objects.filter(boot_id=me.boot_id).delete()


def _row() -> Worker:
    return Worker(
        boot_id=me.boot_id,
        hostname=socket.gethostname(),
        pid=os.getpid(),
        node=settings.NODE,
        roles=settings.ROLES,
        labels=settings.LABELS,
        queues=list(me.queues),
        slots=me.slots,
    )


def live() -> QuerySet[Worker]:
    """Return the workers whose heartbeat is within the lease, by the database's clock."""
    return Worker.objects.filter(heartbeat_at__gt=Now() - timedelta(seconds=settings.LEASE))


def slots(queue: str) -> int:
    """Return how many jobs of a queue the live workers can run at once; known for a second."""
    now = time.monotonic()
    known, at = _slots.get(queue, (0, -SLOTS_KNOWN))
    if now - at >= SLOTS_KNOWN:
        known = live().filter(queues__contains=[queue]).aggregate(total=Sum("slots"))["total"] or 0
        _slots[queue] = known, now
    return known


_slots: dict[str, tuple[int, float]] = {}
