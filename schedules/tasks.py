"""The Celery task that beat sends: a door."""

from __future__ import annotations

from celery import shared_task
from django.db import close_old_connections

from schedules import firing


@shared_task(name="schedules.tasks.fire")
def fire(schedule_id: int) -> None:
    """Launch for what is due by the database's clock. The id is for whoever reads the log: a ring is not believed."""
    close_old_connections()
    firing.fire_due()
