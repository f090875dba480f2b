"""The Celery tasks: doors. A message says where to look, and nothing it says is believed."""

from __future__ import annotations

from typing import Any

from celery import shared_task
from django.db import close_old_connections

from scheduler import recovery, walker
from scheduler.pipelines import example_func

__all__ = ["example_func", "sweep", "walk"]


@shared_task(name="scheduler.tasks.walk", bind=True)
def walk(self: Any, run_id: int, queue: str = "default") -> None:
    """Walk a run. A message that is not ours does nothing."""
    close_old_connections()
    if isinstance(run_id, int) and isinstance(queue, str) and 0 < run_id < 2**63:
        walker.walk(run_id, queue, message_id=self.request.id)


@shared_task(name="scheduler.tasks.sweep")
def sweep() -> None:
    """Sweep once."""
    close_old_connections()
    recovery.sweep()
