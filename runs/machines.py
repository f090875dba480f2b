"""Worker, Node, ServiceStart: who does the work, where, and since when."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import models
from django.db.models.functions import Now


class Worker(models.Model):
    """One life of one worker process: a restart is another Worker."""

    boot_id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    hostname = models.CharField(max_length=255)
    pid = models.PositiveIntegerField()
    node = models.CharField(max_length=100, blank=True, help_text="Its node name; it consumes node.<name> too.")
    roles: Any = models.JSONField(default=list)
    labels: Any = models.JSONField(default=dict)
    ip = models.GenericIPAddressField(null=True, help_text="Where the other nodes reach its node.")
    queues: Any = models.JSONField(default=list)
    slots = models.PositiveIntegerField(help_text="Jobs it runs at once.")
    started_at = models.DateTimeField(db_default=Now())
    heartbeat_at = models.DateTimeField(db_default=Now(), db_index=True)
    arrived_among: Any = models.JSONField(
        null=True, help_text="Who seemed to live when it came, until it is known whether any of them did."
    )

    class Meta:
        indexes = [
            models.Index(
                fields=["started_at"], condition=models.Q(arrived_among__isnull=False), name="worker_arrival_undecided"
            )
        ]

    def __str__(self) -> str:
        return f"{self.hostname} ({self.boot_id})"


class Node(models.Model):
    """A host that workers have named: what its living workers say of it, or those who were there last.

    A row of its own, because those of workers go with them: a node that is gone is still known, and since when.
    """

    name = models.CharField(max_length=100, unique=True)
    hostname = models.CharField(max_length=255)
    ip = models.GenericIPAddressField(null=True, help_text="Where the other nodes reach it.")
    roles: Any = models.JSONField(default=list)
    labels: Any = models.JSONField(default=dict)
    known_since = models.DateTimeField(db_default=Now())
    heartbeat_at = models.DateTimeField(db_default=Now(), help_text="When a worker of it was last heard of, or left.")

    def __str__(self) -> str:
        return self.name


class ServiceStart(models.Model):
    """The service has started: a worker came, and no other was there."""

    at = models.DateTimeField(unique=True)

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%dT%H:%M:%SZ}"
