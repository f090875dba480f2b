"""Typed configs of policies: merged into a fresh copy of the defaults, so that nothing passes from one request to the next."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from schedules.policies.errors import InvalidConfig

MAX_FAULTS = 10  # told at once


class Config(BaseModel):
    """What a policy can be told: keys that it does not know are refused, values are of their JSON type and never change.

    A key that is no Python name is a field's `alias`; parts of a config are of this class too.
    """

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, allow_inf_nan=False, validate_default=True, serialize_by_alias=True
    )


AnyConfig = TypeVar("AnyConfig", bound=Config)


def defaults(kind: type[Config]) -> dict[str, Any]:
    """Return a config's defaults as JSON, a new object each time."""
    return kind().model_dump(mode="json")


def merged(kind: type[AnyConfig], *overrides: Mapping[str, Any]) -> AnyConfig:
    """Return the defaults with the overrides laid over them, the last on top; raise `InvalidConfig` naming each fault.

    Objects are merged key by key, at any depth; lists and all else are replaced whole.
    """
    whole = reduce(_over, overrides, defaults(kind))
    try:
        return kind.model_validate_json(json.dumps(whole))
    except ValidationError as error:
        raise InvalidConfig(f"Invalid config: {'; '.join(_told(error))}") from None


def _over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    return {**below, **{key: _laid(below.get(key), value) for key, value in above.items()}}


def _laid(below: Any, above: Any) -> Any:
    return _over(below, above) if isinstance(below, Mapping) and isinstance(above, Mapping) else above


def _told(error: ValidationError) -> list[str]:
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    told = [_fault(fault["loc"], fault["type"], fault["msg"]) for fault in faults[:MAX_FAULTS]]
    return told if len(faults) <= MAX_FAULTS else [*told, f"and {len(faults) - MAX_FAULTS} more"]


def _fault(place: Sequence[str | int], kind: str, message: str) -> str:
    path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place).lstrip(".")
    return f"unknown key {path}" if kind == "extra_forbidden" else f"{path}: {message}" if path else message
