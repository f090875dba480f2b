"""What a client asks for: a range, a policy and what it is told, read from a request's body. Pure.

The messages and their order are those of the service that this endpoint takes the place of; what it let pass, or fell
over, is refused with messages of our own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from api.parsers import loads
from schedules.policies import registry
from schedules.policies.errors import Unplannable
from schedules.policies.registry import Policy

NEEDED = ("t0", "t1", "policy")
KNOWN = frozenset({*NEEDED, "format", "launch"})
KNOWN_OF_POLICY = frozenset({"policy", "preset", "config"})
DEFAULT_POLICY = "dummy"


class Format(StrEnum):
    """What is answered: the text alone, its blocks beside it, or the plan drawn."""

    COMMANDS = "commands"
    BLOCKS = "blocks"
    PICTURE = "picture"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A plan that is wanted; `preset` is a name or an id, `launch` what is told about the launch, None for no launch."""

    t0: datetime
    t1: datetime
    policy: Policy
    preset: str | int | None = None
    config: Mapping[str, Any] = field(default_factory=dict)
    format: Format = Format.COMMANDS
    launch: Mapping[str, Any] | None = None


def read(body: Any, *, longest: timedelta) -> Asked:
    """Return what is asked for; raise `Unplannable`."""
    if not isinstance(body, dict):
        raise Unplannable("Invalid request, needs to be a json object")
    for name in NEEDED:
        if name not in body:
            raise Unplannable(f"Missing {name} field")
    _check_known(body, KNOWN, "field")
    t0, t1 = _moment(body["t0"]), _moment(body["t1"])
    told = _policy(body["policy"])
    _check_range(t0, t1, longest)
    format_, launch = _format(body.get("format", Format.COMMANDS)), _launch(body.get("launch", False))
    if launch is not None and format_ is Format.PICTURE:
        raise Unplannable("A launch answers no picture: ask for it without launch")
    return Asked(t0=t0, t1=t1, format=format_, launch=launch, **told)


def _check_known(told: Mapping[str, Any], known: frozenset[str], what: str) -> None:
    unknown = told.keys() - known
    if unknown:
        raise Unplannable(f"Unknown {what} {min(unknown)!r}. There are {', '.join(sorted(known))}")


def _moment(told: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(told)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        raise Unplannable("Invalid date format, needs to be ISO format") from None


def _check_range(t0: datetime, t1: datetime, longest: timedelta) -> None:
    if t0 > t1:
        raise Unplannable("Invalid range, t0 is after t1")
    if t1 - t0 > longest:
        raise Unplannable(f"Invalid range, it is longer than {longest.days} days")


def _policy(told: Any) -> dict[str, Any]:
    """Return policy, preset and config of what names them: JSON in a string, or the object itself."""
    if isinstance(told, str):
        try:
            told = loads(told.encode())
        except (ValueError, RecursionError):
            told = None
    if not isinstance(told, dict):
        raise Unplannable("Invalid policy, needs to be a json string")
    name = told.get("policy", DEFAULT_POLICY)
    policy = registry.find(name) if isinstance(name, str) else None
    if policy is None:
        raise Unplannable(f"Invalid policy. Supported policies are: {registry.names()}")
    _check_known(told, KNOWN_OF_POLICY, "key of the policy")
    return {"policy": policy, "preset": _preset(told.get("preset")), "config": _config(told.get("config", {}))}


def _preset(told: Any) -> str | int | None:
    if told is not None and (isinstance(told, bool) or not isinstance(told, str | int)):
        raise Unplannable("Invalid preset, needs to be a name or an id")
    return told


def _config(told: Any) -> Mapping[str, Any]:
    if not isinstance(told, dict):
        raise Unplannable("Invalid config, needs to be an object")
    return told


def _format(told: Any) -> Format:
    if not isinstance(told, str) or told not in set(Format):
        raise Unplannable(f"Invalid format. There are: {', '.join(Format)}")
    return Format(told)


def _launch(told: Any) -> Mapping[str, Any] | None:
    if isinstance(told, bool) or told is None:
        return {} if told else None
    if not isinstance(told, dict):
        raise Unplannable("Invalid launch, needs to be true, or an object that says how")
    return told
