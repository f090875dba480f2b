"""Every route of the service, read from the URL conf, so that no new one can be forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver, reverse

# What stands in a path beside the id of what belongs to a project.
BESIDE = {"revision": 1}

# What is no view of ours: each with its reason.
FOREIGN = {
    "console:": "pages have rules of their own, which tests/console/test_rules.py walks",
    "schema": "the contract is public",
    "docs": "the contract is public",
    "admin:": "Django's admin asks for itself: staff, and a permission for each model",
    "": "leads to the admin, which asks",
}


@dataclass(frozen=True)
class Route:
    """One method of one path: `action` is what the view calls it."""

    name: str
    method: str
    action: str
    view: Any
    parameter: str | None
    beside: tuple[str, ...] = ()

    def path(self, value: object = 1) -> str:
        kwargs = {name: BESIDE[name] for name in self.beside}
        return reverse(self.name, kwargs={self.parameter: value, **kwargs} if self.parameter else {})

    def __str__(self) -> str:
        return f"{self.method} {self.name}"


def patterns() -> Iterator[tuple[str, URLPattern]]:
    """Yield each pattern with its full name."""
    yield from _below(get_resolver().url_patterns, "")


def _below(found: list[Any], namespace: str) -> Iterator[tuple[str, URLPattern]]:
    for pattern in found:
        if isinstance(pattern, URLResolver):
            yield from _below(pattern.url_patterns, f"{pattern.namespace}:" if pattern.namespace else namespace)
        else:
            yield f"{namespace}{pattern.name or ''}", pattern


def is_foreign(name: str) -> bool:
    return name in FOREIGN or name.startswith(("admin:", "console:"))


def routes() -> list[Route]:
    """Return every method of every path that leads to a view of ours."""
    return [
        Route(name, method.upper(), action, vars(pattern.callback)["cls"], *_parameters(pattern))
        for name, pattern in patterns()
        if not is_foreign(name)
        for method, action in _actions(pattern.callback).items()
        if method != "head"
    ]


def _parameters(pattern: URLPattern) -> tuple[str | None, tuple[str, ...]]:
    first, *rest = pattern.pattern.regex.groupindex or [None]
    return first, tuple(map(str, rest))


def _actions(callback: Any) -> dict[str, str]:
    if getattr(callback, "actions", None):
        return dict(callback.actions)
    return {method: method for method in ("get", "post", "put", "patch", "delete") if hasattr(callback.cls, method)}
