"""`manage.py reseal`"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from api.secret_texts import Unreadable
from config.resealing import reseal_all


class Command(BaseCommand):
    """Seal what is stored under older keys anew."""

    help = "Seals stored secrets anew under the present SECRET_KEY, so that SECRET_KEY_FALLBACKS can be emptied."

    def handle(self, *args: Any, **options: Any) -> None:
        """Seal them, and tell how many they were."""
        try:
            count = reseal_all()
        except Unreadable:
            raise CommandError("A secret was sealed under a key that is not in SECRET_KEY_FALLBACKS.") from None
        self.stdout.write(f"{count} sealed anew")
