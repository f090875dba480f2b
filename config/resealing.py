"""Secrets that are stored, sealed anew under the present SECRET_KEY: after that no older key is needed."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Model

from api.sealed_fields import Secret
from api.secret_texts import reseal
from jobs.models import Api, Connector
from notifications.models import Notification

SEALED: Sequence[tuple[type[Model], str]] = [
    (Connector, "secret"),
    (Api, "secret"),
    (Notification, "secret"),
    (Notification, "old_secret"),
]


def reseal_all() -> int:
    """Seal every stored secret anew and return how many there are; raise `Unreadable` where a key is missing."""
    return sum(_reseal(model, field) for model, field in SEALED)


def _reseal(model: type[Model], field: str) -> int:
    count = 0
    for pk, seen in model._default_manager.exclude(**{field: ""}).values_list("pk", field):
        again = Secret(reseal(seen.sealed)) if isinstance(seen, Secret) else reseal(seen)
        # One that was set anew a moment ago is not what was read, and stays.
        count += model._default_manager.filter(pk=pk, **{field: seen}).update(**{field: again})
    return count
