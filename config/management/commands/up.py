"""`manage.py up`"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config import service
from scheduler.checks import WORKER


class Command(BaseCommand):
    """Run the whole service in the foreground."""

    help = "Run the whole service in the foreground. Set PORT, WORKERS, CELERIAC_HOME to change the defaults."
    requires_system_checks = (WORKER,)

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until Ctrl-C."""
        try:
            service.up()
        except service.StartError as error:
            raise CommandError(str(error)) from None
