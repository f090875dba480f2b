"""How the admin shows a state: by a template, which a layer above may dress."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.template.loader import render_to_string


def state(value: str | None) -> str:
    """Return a state as markup; None is what has never run."""
    return render_to_string("admin/state.html", {"value": value})


class StateShown:
    """An admin of rows with a `state`, which `shown_state` shows."""

    @admin.display(description="state", ordering="state")
    def shown_state(self, row: Any) -> str:
        return state(row.state)
