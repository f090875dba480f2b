"""Where the other nodes reach this one: the address by which it reaches the service, never a guess by its own name."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Mapping
from urllib.parse import urlsplit

from django.conf import settings

LOCAL = "127.0.0.1"


def own_address() -> str:
    """Return CELERIAC_NODE_IP, else this host's address on the way to database or broker; 127.0.0.1 where both are here."""
    if settings.NODE_IP:
        return str(settings.NODE_IP)
    hosts = [_database_host(settings.DATABASES["default"]), urlsplit(settings.REDIS_URL).hostname or ""]
    return next((address for host in hosts if (address := address_towards(host))), LOCAL)


def address_towards(host: str) -> str | None:
    """Return this host's address on the way to another, None where that is this host, a socket, or nowhere."""
    if not host or host.startswith(("/", "@")):
        return None
    try:
        family, kind, protocol, _, there = socket.getaddrinfo(host, 9, type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.connect(there)  # of UDP: nothing is sent, the way alone is looked up
            found = str(probe.getsockname()[0]).partition("%")[0]
    except OSError:
        return None
    return None if ipaddress.ip_address(found).is_loopback else found


def _database_host(database: Mapping[str, object]) -> str:
    return str(database["HOST"]).split(",")[0]  # libpq takes several
