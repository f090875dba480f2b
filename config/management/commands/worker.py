"""`manage.py worker`"""

import os
from typing import Any, NoReturn

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config import commands, embedded, env
from scheduler.checks import WORKER


class Command(BaseCommand):
    """Become a worker."""

    help = (
        "Add a worker to the running service. Set WORKERS, CELERIAC_QUEUES, CELERIAC_NODE, _ROLES, _LABELS, _NODE_IP to change "
        "the defaults."
    )
    requires_system_checks = (WORKER,)

    def handle(self, *args: Any, **options: Any) -> NoReturn:
        """Replace this process by the worker's."""
        if not embedded.running():
            raise CommandError(
                f"There is no running service to join in {embedded.home()}. Start one: make up; or name another one's "
                "CELERIAC_HOME, or its DATABASE_URL, REDIS_URL and SECRET_KEY."
            )
        line = commands.worker(settings.QUEUES, settings.NODE, env.integer("WORKERS", 2, minimum=1))
        os.execv(line[0], line)  # noqa: S606 - a command line of our own
