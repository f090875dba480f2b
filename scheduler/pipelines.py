"""The callable that every service has: the seed's example."""

from __future__ import annotations

from typing import Any

from dags.callables import register


@register(name="scheduler.tasks.example_func")
def example_func(*args: Any, **kwargs: Any) -> dict[str, str]:
    """Return the seed's example result."""
    return {"res": "Test data"}
