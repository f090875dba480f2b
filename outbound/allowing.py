"""What an operator lets through besides the public internet: hosts, host:port pairs, networks. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_network

from outbound.addresses import Address, Network, literal

MAX_PORT = 65535
_ENTRY = re.compile(r"(?P<host>\[[0-9a-fA-F:.]+\]|[^\[\]/:\s@]+)(:(?P<port>\d{1,5}))?")


@dataclass(frozen=True)
class Allowed:
    """Hosts with the port they are let through on (None for all), and networks, any port of which is let through."""

    hosts: frozenset[tuple[str, int | None]]
    networks: tuple[Network, ...]

    def host(self, host: str, port: int) -> bool:
        """Tell whether a host is let through by its name, wherever that leads to."""
        name = plain(host)
        return (name, None) in self.hosts or (name, port) in self.hosts

    def address(self, address: Address) -> bool:
        """Tell whether an address is let through."""
        return any(address in network for network in self.networks)


def allowed(entries: Iterable[str]) -> Allowed:
    """Read `host`, `host:port`, `address`, `[address]:port` and `network/bits`; raise ValueError naming what is none."""
    hosts: set[tuple[str, int | None]] = set()
    networks: list[Network] = []
    for entry in entries:
        network = _network(entry)
        if network is not None:
            networks.append(network)
            continue
        match = _ENTRY.fullmatch(entry)
        if match is None or int(match["port"] or 0) > MAX_PORT:
            raise ValueError(f"{entry!r} is no host, host:port, address or network.")
        hosts.add((plain(match["host"]), int(match["port"]) if match["port"] else None))
    return Allowed(frozenset(hosts), tuple(networks))


def plain(host: str) -> str:
    """Return the one spelling of a host that is compared: lower case, without brackets or a final dot."""
    bare = host.strip("[]").lower().rstrip(".")
    address = literal(bare)
    return str(address) if address is not None else bare


def _network(entry: str) -> Network | None:
    try:
        return ip_network(entry, strict=False)
    except ValueError:
        return None
