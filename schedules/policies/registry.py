"""Which policies there are: those of this package, and those that installed distributions offer as entry points.

    [project.entry-points."celeriac.policies"]
    survey = "observatory.planning:Survey"

names a class, or an object, that has what `Policy` asks for.
"""

from __future__ import annotations

from datetime import datetime
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Protocol, runtime_checkable

from django.core.exceptions import ImproperlyConfigured

from schedules.policies import configs
from schedules.policies.plan import Plan

GROUP = "celeriac.policies"


@runtime_checkable
class Policy(Protocol):
    """A way to plan: its name, what it can be told, and the planning itself."""

    name: str

    @property
    def Config(self) -> type[configs.Config]:  # noqa: N802 - a class
        """A class whose fields all have defaults; its docstring and descriptions are what clients are shown."""

    def plan(self, config: Any, t0: datetime, t1: datetime, now: datetime) -> Plan:
        """Return the plan from t0 to t1 for a config of the class `Config`; times are aware and in UTC.

        Raise `Unplannable` for what only planning finds wrong with the config; all else that is raised is the
        policy's own fault.
        """


_policies: dict[str, Policy] = {}


def register(policy: Policy) -> None:
    """Make a policy known; raise ImproperlyConfigured for what is none, or whose name another has."""
    if not isinstance(policy, Policy) or not issubclass(policy.Config, configs.Config):
        raise ImproperlyConfigured(f"{policy!r} is no policy: it needs a name, a Config and plan().")
    if type(_policies.setdefault(policy.name, policy)) is not type(policy):
        raise ImproperlyConfigured(f"Another policy is already registered as {policy.name!r}.")


def discover() -> None:
    """Register what installed distributions offer."""
    for offered in sorted(entry_points(group=GROUP), key=lambda one: one.name):
        register(_loaded(offered))


def _loaded(offered: EntryPoint) -> Policy:
    found = offered.load()
    return found() if isinstance(found, type) else found


def names() -> list[str]:
    """Return the names of all policies, in the order of their registration."""
    return list(_policies)


def find(name: str) -> Policy | None:
    """Return the policy of that name."""
    return _policies.get(name)
