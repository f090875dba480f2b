"""What is offered: each policy with the schema of its config, what holds by default, and its presets."""

from __future__ import annotations

import inspect
from collections import defaultdict
from typing import Any

from django.db.models import QuerySet

from schedules.models import PolicyPreset
from schedules.policies import registry, shipped
from schedules.policies.configs import Config, merged
from schedules.policies.registry import Policy


def policies(kept: QuerySet[PolicyPreset]) -> list[dict[str, Any]]:
    """Return every policy as it is shown; `kept` are the presets that the request may know of."""
    of_projects: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for one in kept.order_by("policy", "name", "pk"):
        shown = {"id": one.pk, "name": one.name, "project": one.project_id, "config": one.config}
        of_projects[one.policy].append(shown)
    found = [registry.find(name) for name in registry.names()]
    return [_shown(policy, of_projects[policy.name]) for policy in found if policy is not None]


def _shown(policy: Policy, of_projects: list[dict[str, Any]]) -> dict[str, Any]:
    own = shipped.of(policy.name)
    return {
        "name": policy.name,
        "description": _description(policy.Config),
        "config_schema": policy.Config.model_json_schema(by_alias=True),
        "defaults": merged(policy.Config, own.get(shipped.DEFAULT, {})).model_dump(mode="json"),
        "presets": [{"id": None, "name": name, "project": None, "config": own[name]} for name in own] + of_projects,
    }


def _description(config: type[Config]) -> str:
    return inspect.cleandoc(config.__doc__ or "")
