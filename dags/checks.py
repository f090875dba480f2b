"""Configuration that fails at start."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core import checks

from dags.callables import resolve
from dags.errors import UnknownCallable


@checks.register
def callables_can_be_imported(**kwargs: Any) -> list[checks.CheckMessage]:
    """Return an error for each dotted path in CALLABLES that leads nowhere."""
    found: list[checks.CheckMessage] = []
    for path in settings.CALLABLES:
        try:
            resolve(path)
        except UnknownCallable as error:
            hint = "Each must be the dotted path of a function, such as shop.reports.nightly."
            found.append(checks.Error(error.message, hint=hint, obj="CELERIAC_CALLABLES", id="dags.E001"))
    return found
