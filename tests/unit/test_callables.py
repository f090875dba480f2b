"""The list of what python tasks may call."""

from __future__ import annotations

import sys

import pytest
from django.test import override_settings

from dags import callables
from dags.checks import callables_can_be_imported
from dags.errors import UnknownCallable
from tests.blueprints import ADD, add


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callables, "_registered", dict(callables._registered))


@callables.register
def plain() -> None: ...


def test_a_function_is_known_by_its_dotted_path() -> None:
    callables.register(plain)
    assert callables.resolve(f"{__name__}.plain") is plain
    assert f"{__name__}.plain" in callables.names()


def test_a_function_is_known_by_the_name_it_was_given() -> None:
    assert callables.resolve(ADD) is add
    with pytest.raises(UnknownCallable):
        callables.resolve("tests.blueprints.add")


@pytest.mark.parametrize(
    "name", ["os.system", "tests.unit.nowhere.x", "", "builtins.eval", "tests.blueprints.task", "\x00", "a" * 10_000]
)
def test_nothing_else_is_known_or_imported(name) -> None:
    before = set(sys.modules)
    with pytest.raises(UnknownCallable) as caught:
        callables.resolve(name)
    assert caught.value.field == "command"
    assert len(caught.value.message) < 1_000
    assert set(sys.modules) == before


@override_settings(CALLABLES=["json.dumps", "json.nothing", "no_such_module.x", "json.decoder"])
def test_a_listed_path_is_imported_when_it_is_named() -> None:
    assert callables.resolve("json.dumps")([1]) == "[1]"
    for name in ("json.nothing", "no_such_module.x"):
        with pytest.raises(UnknownCallable, match="cannot be imported"):
            callables.resolve(name)
    with pytest.raises(UnknownCallable, match="not callable"):
        callables.resolve("json.decoder")
    with pytest.raises(UnknownCallable, match="Unknown callable"):
        callables.resolve("json.loads")


@override_settings(CALLABLES=["json.dumps", "json.nothing"])
def test_a_listed_path_that_leads_nowhere_fails_the_start() -> None:
    (error,) = callables_can_be_imported()
    assert error.id == "dags.E001"
    assert "json.nothing" in error.msg


def test_two_functions_cannot_have_one_name() -> None:
    with pytest.raises(ValueError, match=f"already registered as '{ADD}'"):
        callables.register(name=ADD)(plain)
    assert callables.resolve(ADD) is add


def test_a_module_imported_anew_replaces_its_functions() -> None:
    def again() -> None: ...

    again.__module__, again.__qualname__ = __name__, "plain"
    callables.register(again)
    assert callables.resolve(f"{__name__}.plain") is again


def test_a_function_without_a_path_of_its_own_needs_a_name() -> None:
    with pytest.raises(ValueError, match="register it with a name"):
        callables.register(lambda: None)
    callables.register(name="mine")(lambda: 5)
    assert callables.resolve("mine")() == 5
