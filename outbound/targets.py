"""What a URL must be like before anything is looked up for it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

import httpx
from django.conf import settings

from outbound.addresses import is_public, literal
from outbound.allowing import MAX_PORT, Allowed, allowed
from outbound.errors import Refused

MAX_URL = 8_000
DEFAULT_PORTS = {"http": 80, "https": 443}
FIRST_FREE_PORT = 1024  # below are the ports of other protocols, which could be spoken to with a well-made body
# Old spellings of IPv4 addresses, such as 127.1, 0x7f000001 or 2130706433, which resolvers read and people do not.
_ODD_NUMBER = re.compile(r"(.*\.)?(0x[0-9a-f]*|[0-9]+)", re.IGNORECASE)

_USER = re.compile(r"[^/?#]*//[^/?#]*@")


def check(url: str | httpx.URL, *, allow: Iterable[str] | None = None) -> httpx.URL:
    """Return the URL, read; raise `Refused` for one that no request is made to, without looking up its host."""
    target = _read(url)
    host, port = host_and_port(target)
    if _ODD_NUMBER.fullmatch(host.rstrip(".")) and literal(host) is None:
        raise Refused(f"{host} is no proper address: write it as four numbers.")
    permitted = allowed_by(allow)
    if permitted.host(host, port):
        return target
    address = literal(host)
    if address is not None and not is_public(address) and not permitted.address(address):
        raise Refused(f"{host} is no address of the public internet.")
    if port not in DEFAULT_PORTS.values() and port < FIRST_FREE_PORT and not (address and permitted.address(address)):
        raise Refused(f"Port {port} is not for HTTP: only 80, 443 and those from {FIRST_FREE_PORT} are.")
    return target


def host_and_port(target: httpx.URL) -> tuple[str, int]:
    """Return where a URL leads to, the name as it is looked up."""
    return target.raw_host.decode("ascii"), target.port or DEFAULT_PORTS[target.scheme]


def allowed_by(allow: Iterable[str] | None) -> Allowed:
    """Return what is let through: what the caller says, else what the settings say."""
    return _allowed(tuple(settings.OUTBOUND_ALLOW if allow is None else allow))


_allowed = lru_cache(maxsize=16)(allowed)


def _read(url: str | httpx.URL) -> httpx.URL:
    text = str(url)
    if len(text) > MAX_URL or any(letter <= " " or letter in "\\\x7f" for letter in text):
        raise Refused(f"An address has up to {MAX_URL} characters, no blanks and no backslashes.")
    try:
        target = httpx.URL(url)
        host = target.raw_host.decode("ascii")
    except (httpx.InvalidURL, TypeError, ValueError):
        raise Refused("This is no proper address.") from None
    if target.scheme not in DEFAULT_PORTS:
        raise Refused("An address starts with https:// or http://.")
    if target.userinfo or _USER.match(text):
        raise Refused("An address may not hold a user name or a password.")
    if not host.strip("."):
        raise Refused("An address names a host.")
    if target.port is not None and not 0 < target.port <= MAX_PORT:
        raise Refused(f"There is no port {target.port}.")
    return target
