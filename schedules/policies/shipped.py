"""Presets that a file of the settings holds: configs by policy and name, read at start.

    basic:
      default: {calibration_targets: [uranus]}    # what a request gets that names no preset
      moonlit: {calibration_targets: [moon], rules: {min-duration: {min_duration: 600}}}

JSON is YAML too. What is wrong in the file keeps the service from starting.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from django.core.exceptions import ImproperlyConfigured

from schedules.policies import registry
from schedules.policies.configs import merged
from schedules.policies.errors import InvalidConfig
from schedules.policies.registry import Policy

VARIABLE = "CELERIAC_POLICY_PRESETS"
DEFAULT = "default"

Presets = Mapping[str, Mapping[str, Mapping[str, Any]]]

_presets: Presets = {}


def load(path: str) -> None:
    """Read the file, if there is one; raise ImproperlyConfigured saying what is wrong with it."""
    global _presets  # noqa: PLW0603
    _presets = read(Path(path)) if path else {}


def of(policy: str) -> Mapping[str, Mapping[str, Any]]:
    """Return the configs of a policy's presets by name."""
    return _presets.get(policy, {})


def read(path: Path) -> Presets:
    """Return a file's presets; raise ImproperlyConfigured."""
    try:
        told = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise ImproperlyConfigured(f"{VARIABLE}: {path} cannot be read: {error}") from None
    for name, presets in _entries(told, "the file"):
        policy = registry.find(name)
        if policy is None:
            raise ImproperlyConfigured(f"{VARIABLE}: there is no policy {name!r}, but {', '.join(registry.names())}.")
        for preset, config in _entries(presets, name):
            _check(policy, preset, config)
    return dict(told)


def _entries(told: Any, what: str) -> list[tuple[str, Any]]:
    if not isinstance(told, Mapping) or not all(isinstance(key, str) for key in told):
        raise ImproperlyConfigured(f"{VARIABLE}: {what} has to be a mapping by names.")
    return list(told.items())


def _check(policy: Policy, preset: str, config: Any) -> None:
    what = f"{policy.name}.{preset}"
    try:
        merged(policy.Config, dict(_entries(config, what)))
    except (InvalidConfig, TypeError) as error:  # a date, say, is YAML and no JSON
        raise ImproperlyConfigured(f"{VARIABLE}: {what}: {error}") from None
