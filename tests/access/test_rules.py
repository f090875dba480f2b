"""No route without a rule."""

from __future__ import annotations

import itertools

import pytest

from api.doors import OpenView
from api.permissions import HasScope
from api.rights import RIGHTS, Role, Scope, effective, roles_with
from schedules.policies.views import MayPlan
from tests.access.routes import FOREIGN, Route, is_foreign, patterns, routes


def test_every_route_leads_to_a_view_of_ours_or_is_named_with_a_reason() -> None:
    strays = [name for name, pattern in patterns() if not is_foreign(name) and not hasattr(pattern.callback, "cls")]
    assert strays == []
    assert {name for name, _ in patterns()} >= FOREIGN.keys() - {"admin:", "console:"}


@pytest.mark.parametrize("route", routes(), ids=str)
def test_every_route_declares_what_it_needs(route: Route) -> None:
    if hasattr(route.view, "open_because"):
        assert route.view.authentication_classes == ()
        assert route.view.open_because
    else:
        assert any(issubclass(one, HasScope) for one in route.view.permission_classes)
        assert route.view.needs[route.action] in Scope


def test_only_these_are_open() -> None:
    assert {route.name for route in routes() if hasattr(route.view, "open_because")} == {
        "health-live",
        "health-ready",
        "report-one-time",
    }
    assert issubclass({route.name: route.view for route in routes()}["health-live"], OpenView)


def test_planning_is_open_where_the_settings_say_so_and_nothing_else(settings) -> None:
    assert {route.name for route in routes() if MayPlan in getattr(route.view, "permission_classes", ())} == {"plan"}
    assert settings.OPEN_PLANNING is False


def test_each_role_may_all_that_the_one_before_may() -> None:
    roles = list(Role)
    for lower, higher in itertools.pairwise(roles):
        assert RIGHTS[lower] < RIGHTS[higher]
    assert roles_with(Scope.RUN) == [Role.OPERATOR, Role.AUTHOR, Role.ADMIN]


def test_the_scope_admin_stands_for_all() -> None:
    assert effective(["admin"]) == frozenset(Scope)
    assert effective(["read", "run"]) == {"read", "run"}
