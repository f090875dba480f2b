"""Configuration of a worker that fails at its start."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core import checks

from runs.nodes import NAME

WORKER = "worker"  # the tag: what a process that starts workers has to check
RESERVED = frozenset({"list"})  # node/list/ is the list of all
ROLE = NAME  # what job specs can ask for, as labels
LABEL_KEY = "[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
LABEL_VALUE = "[A-Za-z0-9._:/@+-]{0,64}"


@checks.register(WORKER)
def node_is_told_well(**kwargs: Any) -> list[checks.CheckMessage]:
    """Return an error for each fact of this worker's node that cannot be meant."""
    return [*_of_the_name(), *_of_the_roles(), *_of_the_labels(), *_of_the_address()]


def _of_the_name() -> Iterator[checks.CheckMessage]:
    name = settings.NODE
    if name in RESERVED:
        yield _error(1, "CELERIAC_NODE", f"{name!r} is no name for a node: the API's list has it.", "Choose another name.")
    elif name and not re.fullmatch(NAME, name):
        hint = "Small letters, digits, dots, dashes and underscores, at most 64, such as NODE=gpu-1."
        yield _error(1, "CELERIAC_NODE", f"{name!r} is no name for a node.", hint)


def _of_the_roles() -> Iterator[checks.CheckMessage]:
    if settings.ROLES and not settings.NODE:
        yield _error(2, "CELERIAC_ROLES", "Roles are a node's, and this worker names none.", "Name it: NODE=n1 ROLE=loader.")
    for role in settings.ROLES:
        if not re.fullmatch(ROLE, role):
            hint = "Words such as any, central, loader, database or your own in small letters: ROLE=loader,gpu."
            yield _error(2, "CELERIAC_ROLES", f"{role!r} is no role.", hint)


def _of_the_labels() -> Iterator[checks.CheckMessage]:
    if settings.LABELS and not settings.NODE:
        hint = "Name it: NODE=n1 LABELS=disk=ssd."
        yield _error(3, "CELERIAC_LABELS", "Labels are a node's, and this worker names none.", hint)
    for key, value in settings.LABELS.items():
        if not (re.fullmatch(LABEL_KEY, key) and re.fullmatch(LABEL_VALUE, value)):
            hint = "Plain words without blanks: LABELS=disk=ssd,zone=eu-1."
            yield _error(3, "CELERIAC_LABELS", f"{f'{key}={value}'!r} is no label.", hint)


def _of_the_address() -> Iterator[checks.CheckMessage]:
    if not settings.NODE_IP:
        return
    hint = "The address at which the other nodes reach this one, such as 10.0.0.7; unset, it is found."
    try:
        address = ipaddress.ip_address(settings.NODE_IP)
    except ValueError:
        yield _error(4, "CELERIAC_NODE_IP", f"{settings.NODE_IP!r} is no IP address.", hint)
        return
    if address.is_unspecified or address.is_multicast:
        yield _error(4, "CELERIAC_NODE_IP", f"Nobody is reached at {settings.NODE_IP}.", hint)


def _error(number: int, variable: str, message: str, hint: str) -> checks.CheckMessage:
    return checks.Error(message, hint=hint, obj=variable, id=f"scheduler.E{number:03}")
