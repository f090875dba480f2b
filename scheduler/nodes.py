"""Who this worker is, and that it lives: one row per life of a worker process, renewed by a heartbeat.

A worker that names its node keeps the node's row as well: it says what the node's living workers say together.
"""

from __future__ import annotations

import mmap
import os
import socket
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Sum
from django.db.models.functions import Now

from runs import nodes as known
from runs.models import Node, Worker
from runs.nodes import NodeFacts, alive
from scheduler import faults

SLOTS_KNOWN = 1.0  # seconds that a count of slots is believed


@dataclass(kw_only=True)
class Identity:
    """This process as a worker; made before the pool forks, so that every child shares it."""

    boot_id: uuid.UUID = field(default_factory=uuid.uuid4)
    queues: tuple[str, ...] = ("default",)
    slots: int = 1
    ip: str | None = None
    # One byte of memory that the children share with their parent: 1 tells walkers to take no more work, 2 to give back
    # what they have.
    closing: mmap.mmap = field(default_factory=lambda: mmap.mmap(-1, 1))

    @property
    def name(self) -> str:
        """Return what it is called once its row has gone: `node@host`, or the host alone."""
        host = socket.gethostname()
        return f"{settings.NODE}@{host}" if settings.NODE else host


me = Identity()


def become(*, queues: Sequence[str], slots: int, ip: str | None = None) -> None:
    """Take a fresh identity: a restarted worker is another one, whatever its name."""
    me.boot_id, me.queues, me.slots, me.ip = uuid.uuid4(), tuple(queues), slots, ip


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
    return [known.queue_of(node), *common] if node else list(common)


def beat() -> None:
    """Renew this worker's row, or write it where it is missing."""
    faults.point("heartbeat")
    if not Worker.objects.filter(boot_id=me.boot_id).update(heartbeat_at=Now()):
        Worker.objects.bulk_create([_row()], ignore_conflicts=True)
    _tell_of_the_node()


def leave() -> None:
    """Remove this worker's row: it is ending, and holds nothing any more."""
    Worker.objects.filter(boot_id=me.boot_id).delete()
    _tell_of_the_node()


def _tell_of_the_node() -> None:
    """Write what the living workers of this node say of it, and that it was heard of; where none is left, its facts stay."""
    if not settings.NODE:
        return
    crew = known.workers_of([settings.NODE])[settings.NODE]
    facts = known.merged(crew) if crew else {}
    if not Node.objects.filter(name=settings.NODE).update(**facts, heartbeat_at=Now()) and crew:
        Node.objects.bulk_create([Node(name=settings.NODE, **facts)], ignore_conflicts=True)


def elsewhere() -> list[str]:
    """Return the other hosts on which workers live that name this worker's node: two hosts are two nodes."""
    others = alive().filter(node=settings.NODE).exclude(node="").exclude(hostname=socket.gethostname())
    return sorted(set(others.values_list("hostname", flat=True)))


def _row() -> Worker:
    return Worker(
        boot_id=me.boot_id,
        hostname=socket.gethostname(),
        pid=os.getpid(),
        node=settings.NODE,
        roles=settings.ROLES,
        labels=settings.LABELS,
        ip=me.ip,
        queues=list(me.queues),
        slots=me.slots,
    )


def known_nodes() -> list[NodeFacts]:
    """Return every node that is known, in the order in which they first came."""
    held = known.held()
    return known.facts(known.known(held=held).order_by("pk"), held)


def long_gone() -> list[tuple[int]]:
    """Return the nodes, `(id,)` each, that nobody has heard of for as long as they are kept."""
    return list(Node.objects.filter(heartbeat_at__lt=Now() - timedelta(seconds=settings.KEEP_NODES)).values_list("pk"))


def forget(rows: Sequence[tuple[Any, ...]]) -> None:
    """Delete the rows of nodes, by `(id,)`; one that comes back is known anew."""
    Node.objects.filter(pk__in=[row[0] for row in rows]).delete()


def slots(queue: str) -> int:
    """Return how many jobs of a queue the live workers can run at once; known for a second."""
    now = time.monotonic()
    count, at = _slots.get(queue, (0, -SLOTS_KNOWN))
    if now - at >= SLOTS_KNOWN:
        count = alive().filter(queues__contains=[queue]).aggregate(total=Sum("slots"))["total"] or 0
        _slots[queue] = count, now
    return count


_slots: dict[str, tuple[int, float]] = {}
