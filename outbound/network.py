"""Connections to addresses that were judged, under one deadline for all that a request does."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterable
from ipaddress import ip_address
from typing import Any

import httpcore

from outbound.addresses import Address, is_public
from outbound.allowing import Allowed
from outbound.errors import Refused, TimedOut, Unreachable

MOST_TRIED = 4  # addresses of one host
PIECE = 16 * 1024  # bytes written between two looks at the clock


class Deadline:
    """When a request must be over, by this machine's monotonic clock."""

    def __init__(self, seconds: float) -> None:
        self._at = time.monotonic() + seconds

    def left(self, at_most: float | None = None) -> float:
        """Return the seconds left; raise `TimedOut` when there are none."""
        left = self._at - time.monotonic()
        if left <= 0:
            raise TimedOut
        return left if at_most is None else min(left, at_most)


class GuardedNetwork(httpcore.NetworkBackend):
    """Connect to the public internet, and to what is allowed besides."""

    def __init__(self, allowed: Allowed, deadline: Deadline) -> None:
        self._allowed, self._deadline, self._inner = allowed, deadline, httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first of the host's addresses that takes it; what is connected to is what was judged."""
        addresses = self._judged(host, port)[:MOST_TRIED]
        for place, address in enumerate(addresses, start=1):
            try:
                stream = self._inner.connect_tcp(
                    str(address), port, self._deadline.left(timeout), local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if place == len(addresses):
                    raise
            else:
                return TimedStream(stream, self._deadline)
        raise Unreachable(f"{host} is not known.")

    def _judged(self, host: str, port: int) -> list[Address]:
        addresses = _looked_up(host, port, self._deadline)
        if self._allowed.host(host, port):
            return addresses
        # One that is not public among several is no accident: none of them is believed.
        if not all(is_public(address) or self._allowed.address(address) for address in addresses):
            raise Refused(f"{host} is not in the public internet.")
        return addresses


class TimedStream(httpcore.NetworkStream):
    """A connection none of whose waits outlasts the request's deadline: whoever sends a byte now and then gains nothing."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._inner, self._deadline = inner, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read what comes."""
        return self._inner.read(max_bytes, self._deadline.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write it all."""
        for start in range(0, len(buffer), PIECE):
            self._inner.write(buffer[start : start + PIECE], self._deadline.left(timeout))

    def close(self) -> None:
        """Close the connection."""
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """Speak TLS from here on."""
        return TimedStream(self._inner.start_tls(ssl_context, server_hostname, self._deadline.left(timeout)), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        """Return what the connection knows of itself."""
        return self._inner.get_extra_info(info)


def _looked_up(host: str, port: int, deadline: Deadline) -> list[Address]:
    """Return the addresses of a host, each once.

    In a thread of its own, because the system's resolver takes no timeout: one that hangs is left behind.
    """
    found: list[Any] = []
    thread = threading.Thread(target=_look_up, args=(host, port, found), name="look-up", daemon=True)
    thread.start()
    thread.join(deadline.left())
    if not found:
        raise TimedOut(f"The address of {host} could not be looked up in time.")
    (answers,) = found
    if isinstance(answers, Exception):
        raise Unreachable(f"{host} is not known.") from answers
    return list(dict.fromkeys(ip_address(answer[4][0].partition("%")[0]) for answer in answers))


def _look_up(host: str, port: int, found: list[Any]) -> None:
    try:
        found.append(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
    except (OSError, UnicodeError) as error:
        found.append(error)
