"""Settings from the environment: read with their type, refused by name."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import env

NAME = "CELERIAC_TRIED"


@pytest.mark.parametrize(
    ("reader", "value"),
    [
        (lambda: env.boolean(NAME, False), "perhaps"),
        (lambda: env.integer(NAME, 1), "1.5"),
        (lambda: env.integer(NAME, 1, minimum=1), "0"),
        (lambda: env.seconds(NAME, 1), "soon"),
        (lambda: env.seconds(NAME, 1), "0"),
        (lambda: env.pairs(NAME), "disk"),
        (lambda: env.pairs(NAME), "=fast"),
        (lambda: env.database(NAME), "mysql://localhost/celeriac"),
    ],
)
def test_a_value_without_sense_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, reader, value: str) -> None:
    monkeypatch.setenv(NAME, value)
    with pytest.raises(ImproperlyConfigured, match=NAME):
        reader()


def test_pairs_are_read_with_blanks_and_further_equals_signs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, "disk=fast, zone = a=b")
    assert env.pairs(NAME) == {"disk": "fast", "zone": "a=b"}


def test_nothing_set_is_no_pairs() -> None:
    assert env.pairs(NAME) == {}


def test_a_database_may_be_a_socket_and_its_password_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, "postgresql://me:p%40ss@/mine?host=/run/pg&sslmode=disable")
    assert env.database(NAME) == {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "mine",
        "USER": "me",
        "PASSWORD": "p@ss",
        "HOST": "/run/pg",
        "PORT": "",
        "OPTIONS": {"sslmode": "disable"},
    }
