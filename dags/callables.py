"""The Python callables that tasks may name: nothing that is not listed here is ever imported or called.

A function is listed by `@register` in the `pipelines.py` of an installed app, which is imported at start, or by its dotted
path in `settings.CALLABLES`, which is imported when a task names it:

    from dags.callables import register

    @register
    def nightly_totals(day): ...
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, overload

from django.conf import settings
from django.utils.module_loading import autodiscover_modules, import_string

from dags.errors import UnknownCallable

MODULE = "pipelines"

AnyCallable = TypeVar("AnyCallable", bound=Callable[..., Any])

_registered: dict[str, Callable[..., Any]] = {}


@overload
def register(function: AnyCallable, /) -> AnyCallable: ...
@overload
def register(*, name: str) -> Callable[[AnyCallable], AnyCallable]: ...
def register(function: Any = None, /, *, name: str | None = None) -> Any:
    """List a function, under its dotted path or under `name`; raise ValueError if another one has that name."""

    def listed(function: AnyCallable) -> AnyCallable:
        _list(name or dotted_path(function), function)
        return function

    return listed if function is None else listed(function)


def dotted_path(function: Callable[..., Any]) -> str:
    """Return `module.function`; raise ValueError for what no dotted path reaches, such as a lambda."""
    path = f"{function.__module__}.{function.__qualname__}"
    if "<" in path:
        raise ValueError(f"{path} has no dotted path of its own: register it with a name.")
    return path


def names() -> list[str]:
    """Return the names of everything listed, sorted."""
    return sorted({*_registered, *settings.CALLABLES})


def resolve(name: str) -> Callable[..., Any]:
    """Return the callable listed under `name`; raise `UnknownCallable`."""
    found = _registered.get(name)
    if found is None and name in settings.CALLABLES:
        found = _import(name)
    if found is None:
        how = f"a callable is listed by @register in an app's {MODULE}.py, or by CELERIAC_CALLABLES"
        raise UnknownCallable(f"Unknown callable {name[:200]!r}; {how}.", field="command")
    return found


def autodiscover() -> None:
    """Import the `pipelines.py` of every installed app, so that what it registers is known."""
    autodiscover_modules(MODULE)


def _list(name: str, function: Callable[..., Any]) -> None:
    present = _registered.setdefault(name, function)
    # The same function again is its module imported anew, as a server does that reloads code.
    if (present.__module__, present.__qualname__) != (function.__module__, function.__qualname__):
        raise ValueError(f"Another callable is already registered as {name!r}.")
    _registered[name] = function


def _import(path: str) -> Callable[..., Any]:
    try:
        found = import_string(path)
    except ImportError as error:
        raise UnknownCallable(f"{path!r} is listed, but cannot be imported: {error}", field="command") from error
    if not callable(found):
        raise UnknownCallable(f"{path!r} is listed, but is not callable.", field="command")
    return found  # type: ignore[no-any-return]
