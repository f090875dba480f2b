"""The address at which the other nodes reach this one."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from scheduler import own_address
from scheduler.own_address import address_towards


class Host:
    """A host with one way out, and names for others."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, names: dict[str, str], ways: dict[str, str]) -> None:
        self.names, self.ways = names, ways
        monkeypatch.setattr(socket, "getaddrinfo", self.look_up)
        monkeypatch.setattr(socket, "socket", self.open)

    def look_up(self, host: str, port: int, **_: Any) -> list[Any]:
        if host not in self.names:
            raise socket.gaierror(f"{host} is not known")
        return [(socket.AF_INET, socket.SOCK_DGRAM, 17, "", (self.names[host], port))]

    def open(self, *_: Any) -> Any:
        return Probe(self.ways)


class Probe:
    def __init__(self, ways: dict[str, str]) -> None:
        self.ways, self.own = ways, ""

    def __enter__(self) -> Probe:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def connect(self, there: tuple[str, int]) -> None:
        if there[0] not in self.ways:
            raise OSError("network is unreachable")
        self.own = self.ways[there[0]]

    def getsockname(self) -> tuple[str, int]:
        return self.own, 40_000


NAMES = {"localhost": "127.0.0.1", "me": "127.0.1.1", "db": "10.0.0.2", "redis": "10.1.0.3", "far": "10.9.0.1"}
WAYS = {"127.0.0.1": "127.0.0.1", "127.0.1.1": "127.0.0.1", "10.0.0.2": "10.0.0.7", "10.1.0.3": "10.1.0.7"}


@pytest.fixture(autouse=True)
def host(monkeypatch: pytest.MonkeyPatch) -> Host:
    return Host(monkeypatch, NAMES, WAYS)


def own(settings: Any, database: str, redis: str, told: str = "") -> str:
    settings.NODE_IP, settings.REDIS_URL = told, redis
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(settings.DATABASES["default"], "HOST", database)
        return own_address.own_address()


def test_it_is_the_address_on_the_way_to_the_database(settings: Any) -> None:
    assert own(settings, "db", "redis://redis:6379/0") == "10.0.0.7"


def test_where_the_database_is_here_it_is_that_on_the_way_to_the_broker(settings: Any) -> None:
    assert own(settings, "/run/postgresql", "redis://:secret@redis:6379/0") == "10.1.0.7"


@pytest.mark.parametrize("database", ["", "/run/postgresql", "localhost", "me"])
def test_where_all_is_here_it_is_the_loopback(settings: Any, database: str) -> None:
    assert own(settings, database, "redis://localhost:6379/0") == "127.0.0.1"


def test_what_is_told_counts(settings: Any) -> None:
    assert own(settings, "db", "redis://redis:6379/0", told="192.0.2.7") == "192.0.2.7"


def test_of_several_database_hosts_the_first_is_asked(settings: Any) -> None:
    assert own(settings, "db,far", "redis://localhost:6379/0") == "10.0.0.7"


@pytest.mark.parametrize("other", ["unheard.of", "far"])
def test_a_host_that_cannot_be_reached_tells_nothing(other: str) -> None:
    assert address_towards(other) is None
