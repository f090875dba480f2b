"""What the daemon is asked for: everything is denied that is not allowed. Pure but for the mounts, which are looked at.

A container may do nothing that a command of the workers' user may not: docs/decisions tells why, line by line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scheduler.containers.wanted import Mount, Wanted

TMP = {"/tmp": "rw,noexec,nosuid,nodev,size=64m"}  # noqa: S108 - the container's own


class NotAllowed(Exception):
    """This node does not allow what a container asks for."""


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What a node allows, and what its containers get that ask for nothing: memory in bytes, `user` as uid:gid."""

    base: Path
    user: str
    bind: str
    host_network: bool = False
    capabilities: Sequence[str] = ()
    memory: int
    cpus: float
    pids: int


def request(
    wanted: Wanted, rules: Rules, *, args: Sequence[str], env: Mapping[str, str], labels: Mapping[str, str]
) -> dict[str, Any]:
    """Return what `containers.create` of the library takes; raise `NotAllowed`.

    `args` and `env` are those of `wanted` as a process gets them, `env` with the facts of the attempt.
    """
    _check(wanted, rules)
    memory = wanted.memory or rules.memory
    asked: dict[str, Any] = {
        "image": wanted.image,
        "command": [*wanted.command, *args] or None,
        "environment": dict(env),
        "labels": dict(labels),
        "network_mode": wanted.network,
        "mounts": [_mount(mount, rules.base) for mount in wanted.mounts],
        "mem_limit": memory,
        "memswap_limit": memory,  # in all: no swap besides
        "nano_cpus": round((wanted.cpus or rules.cpus) * 1e9),
        "pids_limit": wanted.pids or rules.pids,
        "privileged": False,
        "cap_drop": ["ALL"],
        "cap_add": list(wanted.cap_add),
        "security_opt": ["no-new-privileges"],
        "ipc_mode": "private",
        "read_only": wanted.read_only,
        "init": wanted.init,  # a first process that has no handler for TERM would be deaf to it
        "log_config": {"type": "none", "config": {}},  # what it says is heard, and kept in no second place
        "use_config_proxy": False,  # the worker's own proxies, passwords in them, are none of its business
    }
    told = {
        "entrypoint": wanted.entrypoint,
        "working_dir": wanted.cwd,
        "name": wanted.name,
        "user": rules.user if wanted.mounts else wanted.user,
        "ports": {f"{port.guest}/tcp": {"HostIp": rules.bind, "HostPort": port.host} for port in wanted.ports},
        "tmpfs": TMP if wanted.read_only else None,
    }
    return {**asked, **{name: value for name, value in told.items() if value}}


def _check(wanted: Wanted, rules: Rules) -> None:
    if wanted.network == "host" and not rules.host_network:
        raise NotAllowed("the network host is not allowed on this node: CELERIAC_CONTAINER_HOST_NETWORK=1 would allow it")
    refused = set(wanted.cap_add) - set(rules.capabilities)
    if refused:
        raise NotAllowed(f"the capability {min(refused)} is not among CELERIAC_CONTAINER_CAPABILITIES of this node")


def _mount(mount: Mount, base: Path) -> dict[str, Any]:
    source = below(base, mount.source)
    return {"Type": "bind", "Source": str(source), "Target": mount.target, "ReadOnly": mount.read_only}


def below(base: Path, source: str) -> Path:
    """Return where a path below the folder of mounts really is, made where it is missing; raise `NotAllowed` if outside."""
    base.mkdir(mode=0o700, parents=True, exist_ok=True)
    root = base.resolve()
    try:
        found = (root / source).resolve()
        inside = found.is_relative_to(root)
        if inside and not found.exists():
            found.mkdir(parents=True)
    except (OSError, RuntimeError, ValueError) as error:
        raise NotAllowed(f"the mount {source!r} cannot be used: {error}") from None
    if not inside:
        raise NotAllowed(f"the mount {source!r} leads out of the folder of mounts")
    return found
