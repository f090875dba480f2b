"""Tokens of machines, and answers kept for a repeated Idempotency-Key."""

from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from knox.models import AbstractAuthToken


class Scope(models.TextChoices):
    """What a token may be used for."""

    READ = "read"
    RUN = "run"
    EDIT = "edit"
    REPORT = "report"
    ADMIN = "admin"


def all_scopes() -> list[str]:
    """Return every scope, the default of a new token."""
    return list(Scope.values)


class Token(AbstractAuthToken):  # type: ignore[misc]  # knox ships no types
    """A machine's key to the API: only its hash is stored."""

    name = models.CharField(max_length=200, blank=True, help_text="What it is for.")
    scopes = ArrayField(models.CharField(max_length=10, choices=Scope.choices), default=all_scopes)
    project = models.ForeignKey(
        "dags.Project", null=True, blank=True, on_delete=models.CASCADE, related_name="+", help_text="Only this project."
    )

    def __str__(self) -> str:
        return self.name or self.token_key


class IdempotentAnswer(models.Model):
    """The answer given to a POST with an Idempotency-Key, given again when it is repeated."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    digest = models.CharField(max_length=64, help_text="Of method, path and body.")
    status = models.PositiveSmallIntegerField(null=True)
    body: Any = models.JSONField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="one_answer_per_user_and_key")]

    def __str__(self) -> str:
        return self.key
