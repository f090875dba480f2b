"""`manage.py create_token`"""

from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser

from api.models import Scope, Token


class Command(BaseCommand):
    """Make a token and print it: the only time that it can be read."""

    help = "Make a token for a user and print it: it is stored hashed, and cannot be shown again."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take whose token it is, what it may do, and what it is for."""
        parser.add_argument("username")
        parser.add_argument(
            "--scope", action="append", choices=Scope.values, help="Repeat it for more; all of them by default."
        )
        parser.add_argument("--name", default="", help="What it is for.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the token, and nothing else, on standard output."""
        try:
            user = User.objects.get(username=options["username"])
        except User.DoesNotExist:
            raise CommandError(f"There is no user {options['username']!r}.") from None
        _, token = Token.objects.create(user=user, name=options["name"], scopes=options["scope"] or list(Scope.values))
        self.stdout.write(token)
