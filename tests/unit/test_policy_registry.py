"""The registry of policies: what is one, and where others come from."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from types import SimpleNamespace

import pytest
from django.core.exceptions import ImproperlyConfigured

from schedules.policies import registry
from schedules.policies.configs import Config
from schedules.policies.dummy import Dummy


class Survey(Dummy):
    name = "survey"


@pytest.fixture(autouse=True)
def own_registry(monkeypatch):
    monkeypatch.setattr(registry, "_policies", dict(registry._policies))


def test_dummy_is_there_first():
    assert registry.names()[0] == "dummy"
    assert isinstance(registry.find("dummy"), Dummy)
    assert registry.find("other") is None


@pytest.mark.parametrize("value", [f"{__name__}:Survey", f"{__name__}:survey"])
def test_an_installed_distribution_offers_a_class_or_an_object(monkeypatch, value):
    offered = EntryPoint("survey", value, registry.GROUP)
    monkeypatch.setattr(registry, "entry_points", lambda group: [offered] if group == "celeriac.policies" else [])
    registry.discover()
    assert registry.names()[-1] == "survey"
    assert isinstance(registry.find("survey"), Survey)


def test_registering_the_same_policy_again_changes_nothing():
    registry.register(Dummy())
    assert registry.names().count("dummy") == 1


@pytest.mark.parametrize(
    "other",
    [object(), SimpleNamespace(name="x", Config=int, plan=print), SimpleNamespace(name="dummy", Config=Config, plan=print)],
)
def test_what_is_no_policy_or_takes_anothers_name_is_refused_at_start(other):
    with pytest.raises(ImproperlyConfigured):
        registry.register(other)


survey = Survey()
