"""Configuration that fails at start."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core import checks

from outbound.allowing import allowed


@checks.register
def allowed_can_be_read(**kwargs: Any) -> list[checks.CheckMessage]:
    """Return an error for each entry of OUTBOUND_ALLOW that names nothing."""
    found: list[checks.CheckMessage] = []
    for entry in settings.OUTBOUND_ALLOW:
        try:
            allowed([entry])
        except ValueError as error:
            hint = "Such as hooks.internal, hooks.internal:8443, 10.1.2.3 or 10.0.0.0/8."
            found.append(checks.Error(str(error), hint=hint, obj="CELERIAC_OUTBOUND_ALLOW", id="outbound.E001"))
    return found
