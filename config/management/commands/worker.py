"""`manage.py worker`"""

import os
from typing import Any, NoReturn

from django.conf import settings
from django.core.management.base import BaseCommand

from config import commands, env


class Command(BaseCommand):
    """Become a worker."""

    help = "Add a worker to the running service. Set WORKERS, CELERIAC_QUEUES, _NODE, _ROLES, _LABELS to change the defaults."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> NoReturn:
        """Replace this process by the worker's."""
        line = commands.worker(settings.QUEUES, settings.NODE, env.integer("WORKERS", 2, minimum=1))
        os.execv(line[0], line)  # noqa: S606 - a command line of our own
