"""The Celery task: a door. Its message says that something is due; what that is, the database knows."""

from __future__ import annotations

from celery import shared_task
from django.db import close_old_connections

from notifications import delivering


@shared_task(name="notifications.tasks.deliver")
def deliver() -> None:
    """Deliver what is due."""
    close_old_connections()
    delivering.deliver()
