"""Presets: the one writer of those that projects keep, and the look for the one that a request names."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from api.errors import Invalid
from schedules.models import PolicyPreset
from schedules.policies import registry, shipped
from schedules.policies.configs import merged
from schedules.policies.errors import InvalidConfig, PresetNotFound, PresetTaken, Unplannable
from schedules.policies.registry import Policy

Fields = Mapping[str, Any]  # of the model, by name


@transaction.atomic
def create_presets(rows: Sequence[Fields]) -> list[PolicyPreset]:
    """Create presets; raise `Invalid` by field, or `PresetTaken`."""
    made = [PolicyPreset(**row) for row in rows]
    for preset in made:
        check(preset)
    _save(lambda: PolicyPreset.objects.bulk_create(made))
    return made


@transaction.atomic
def update_presets(changes: Mapping[int, Fields]) -> list[PolicyPreset]:
    """Change fields of presets, by id; raise `Invalid` by field, `PresetTaken` or `PresetNotFound`."""
    found = list(PolicyPreset.objects.select_for_update(no_key=True).filter(pk__in=changes).order_by("pk"))
    if len(found) < len(changes):
        raise PresetNotFound
    for preset in found:
        for name, value in changes[preset.pk].items():
            setattr(preset, name, value)
        check(preset)
    if written := sorted(set().union(*changes.values())):
        _save(lambda: PolicyPreset.objects.bulk_update(found, written))
    return found


@transaction.atomic
def delete_presets(ids: Collection[int]) -> None:
    """Delete presets."""
    PolicyPreset.objects.filter(pk__in=ids).delete()


def check(preset: PolicyPreset) -> None:
    """Raise `Invalid`, naming the field, unless the policy is known, takes the config, and the name is free."""
    policy = registry.find(preset.policy)
    if policy is None:
        raise Invalid(f"There is no such policy, but {', '.join(registry.names())}.", field="policy")
    if preset.name in shipped.of(preset.policy):
        raise PresetTaken("The service itself has a preset with this name.", field="name")
    try:
        merged(policy.Config, preset.config)
    except InvalidConfig as error:
        raise InvalidConfig(error.message, field="config") from None


def _save(write: Any) -> None:
    try:
        with transaction.atomic():
            write()
    except IntegrityError:
        raise PresetTaken(field="name") from None


def named(policy: Policy, told: str | int | None, kept: QuerySet[PolicyPreset]) -> Sequence[Mapping[str, Any]]:
    """Return the configs to lay over a policy's defaults: the service's own, then that of the preset named, if one is.

    `kept` are the presets that the request may know of; raise `Unplannable` where there is none, or more than one.
    """
    own = shipped.of(policy.name)
    below = [own[shipped.DEFAULT]] if shipped.DEFAULT in own else []
    if told is None or (told == shipped.DEFAULT and below):
        return below
    if isinstance(told, str) and told in own:
        return [*below, own[told]]
    found = kept.filter(policy=policy.name, **({"pk": told} if isinstance(told, int) else {"name": told}))
    configs = list(found.values_list("config", flat=True)[:2])
    if not configs:
        raise Unplannable(f"Invalid preset. The policy {policy.name} has no preset {told!r}")
    if len(configs) > 1:
        raise Unplannable(f"Invalid preset. Several projects have a preset {told!r}: name it by its id")
    return [*below, configs[0]]
