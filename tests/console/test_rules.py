"""No route of the console without a rule, and what its pages let a browser load."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError
from django.test import Client

from api.rights import Scope
from console.urls import urlpatterns
from schedules import services
from tests import factories

STRICT = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}


@pytest.mark.parametrize("pattern", urlpatterns, ids=lambda pattern: pattern.name)
def test_every_route_declares_who_may_enter(pattern: Any) -> None:
    if hasattr(pattern.callback, "open_because"):
        assert pattern.callback.open_because
    else:
        assert pattern.callback.right in Scope


def test_only_these_are_open() -> None:
    assert {one.name for one in urlpatterns if hasattr(one.callback, "open_because")} == {"login", "logout"}


@pytest.mark.parametrize(
    "path",
    ["/", "/login/", "/graphs/1/launch/", "/health/live", "/nothing", "/admin/", "/admin/login/", "/admin/runs/graphrun/"],
)
def test_the_policy_is_strict(boss: Client, path: str) -> None:
    assert _policy(boss, path) == STRICT


def _policy(client: Client, path: str) -> dict[str, str]:
    told = client.get(path).headers["Content-Security-Policy"].split(";")
    return {name: value for name, _, value in (part.strip().partition(" ") for part in told)}


def test_the_documentation_of_the_api_may_show_its_icons_and_no_more(boss: Client) -> None:
    assert _policy(boss, "/api/docs/") == {**STRICT, "img-src": "'self' data:"}


@pytest.mark.parametrize("path", ["/", "/login/", "/admin/", "/admin/login/", "/admin/dags/graph/add/", "/api/docs/"])
def test_pages_hold_nothing_that_the_policy_forbids(client: Client, boss: Client, path: str) -> None:
    for one in (client, boss):
        text = one.get(path, follow=True).content.decode()
        assert "<script>" not in text
        assert "<style" not in text
        assert " style=" not in text
        assert " onclick" not in text


@pytest.mark.django_db
def test_a_path_of_nothing_is_a_page_for_people_and_json_for_clients(client: Client) -> None:
    page = client.get("/nothing/here", headers={"Accept": "text/html,*/*;q=0.8"})
    assert (page.status_code, page.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert b"There is nothing here" in page.content
    assert client.get("/nothing/here").json() == {"detail": "No such path.", "code": "not_found"}


def test_pages_are_kept_by_nobody(boss: Client) -> None:
    assert "no-store" in boss.get("/").headers["Cache-Control"]


@pytest.mark.parametrize(("accept", "kind"), [("text/html", "text/html; charset=utf-8"), ("*/*", "application/json")])
def test_a_fault_of_ours_is_a_page_to_a_browser_and_json_to_a_client(
    boss: Client, accept: str, kind: str, monkeypatch: Any
) -> None:
    monkeypatch.setattr("console.pages.jobs.with_latest_run", None)
    boss.raise_request_exception = False
    answer = boss.get("/jobs/", headers={"Accept": accept})
    assert (answer.status_code, answer.headers["Content-Type"]) == (500, kind)
    assert b"Something went wrong on our side" in answer.content


def test_an_action_that_was_overtaken_is_told_to_be_tried_again(boss: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def overtaken(ids: Any) -> None:
        raise IntegrityError("its graph is gone")

    monkeypatch.setattr(services, "pause", overtaken)
    [one] = services.create([{"name": "nightly", "graph": factories.graph(), "interval": 3600}])
    answer = boss.post(f"/schedules/{one.pk}/pause/", headers={"HX-Request": "true"})
    assert answer.status_code == 409
    assert "Look again and retry" in answer.headers["HX-Trigger"]
