"""Who may what, tokens of machines, answers kept for a repeated Idempotency-Key, and the audit trail."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from knox.models import AbstractAuthToken

from api.rights import Role, Scope

__all__ = ["AuditEntry", "IdempotentAnswer", "Membership", "Role", "Scope", "Token"]


class Membership(models.Model):
    """What a user is in a project. Without one, the project does not exist for them."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    project = models.ForeignKey("dags.Project", on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.VIEWER)
    may_write_commands = models.BooleanField(
        default=False, help_text="May also write what runs as a process, such as shell commands: a right of its own."
    )
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "project"], name="one_membership_per_user_and_project"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="membership_role_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.role})"


def all_scopes() -> list[str]:
    """Return every scope, the default of a new token."""
    return list(Scope.values)


class Token(AbstractAuthToken):  # type: ignore[misc]  # knox ships no types
    """A machine's key to the API: only its hash is stored. It can do what its user may, and never more."""

    id = models.BigAutoField(primary_key=True)
    digest = models.CharField(max_length=128, unique=True, editable=False)
    name = models.CharField(max_length=200, blank=True, help_text="What it is for.")
    scopes = ArrayField(models.CharField(max_length=10, choices=Scope.choices), default=all_scopes)
    project = models.ForeignKey(
        "dags.Project", null=True, blank=True, on_delete=models.CASCADE, related_name="+", help_text="Only this project."
    )

    def __str__(self) -> str:
        return self.name or f"token {self.pk}"


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
        indexes = [models.Index(fields=["created_at"], name="answers_by_age")]  # the sweep forgets the oldest

    def __str__(self) -> str:
        return self.key


class AuditEntry(models.Model):
    """Who did what to what, and from where. Written once: a trigger refuses to change or delete a row.

    Foreign keys without a constraint: an entry outlives its user, its token and its project.
    """

    at = models.DateTimeField(db_default=Now())
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    user_name = models.CharField(max_length=150, blank=True)
    token = models.BigIntegerField(null=True, help_text="Id of the token that was used.")
    action = models.CharField(max_length=60, help_text="Such as dag.create.")
    object_id = models.BigIntegerField(null=True)
    label = models.CharField(max_length=200, blank=True, help_text="What the object was called.")
    project = models.ForeignKey(
        "dags.Project", null=True, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    address = models.GenericIPAddressField(null=True)
    request_id = models.CharField(max_length=64, blank=True)
    facts: Any = models.JSONField(default=dict, help_text="What changed; what may be secret only as a digest.")

    class Meta:
        verbose_name_plural = "audit entries"
        indexes = [
            models.Index(fields=["project", "-id"], name="audit_of_project"),
            models.Index(fields=["action", "-id"], name="audit_of_action"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.label}".strip()
