"""Every route asks who is there, but the few that are open to all by intent."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

# Open to anyone: each with its reason.
OPEN = {
    "admin": "leads to the admin, which asks",
    "admin/login/": "is where one logs in",
    "login": "is where one logs in",
    "logout": "ends the session of who asks, if there is one",
    "health/live": "asked by probes",
    "health/ready": "asked by probes",
    "api/schema": "the contract is public",
    "api/docs": "the contract is public",
    "scheduler/execution/report/A": "the one-time key in the path is the proof; a wrong one is 404",
}
METHODS = ("get", "post", "put", "patch", "delete")
REFUSED = {401, 403, 405}


def _paths(patterns: list[URLPattern | URLResolver], prefix: str = "") -> Iterator[str]:
    for pattern in patterns:
        path = prefix + _example(pattern)
        if isinstance(pattern, URLResolver):
            yield from _paths(pattern.url_patterns, path)
        else:
            yield path


def _example(pattern: URLPattern | URLResolver) -> str:
    """Return a path that the pattern takes: numbers are 1, words are A."""
    route = str(pattern.pattern)
    route = (
        re.sub(r"<(int):\w+>", "1", re.sub(r"<(?:(?:str|slug|path|uuid):)?\w+>", "A", route)) if "(?P" not in route else route
    )
    route = re.sub(r"\(\?P<\w+>(?:[^()]|\([^()]*\))*\)[?*+]?", lambda found: "1" if "0-9" in found[0] else "A", route)
    return re.sub(r"/\?$|/\?\$$", "", route.lstrip("^").rstrip("$").removesuffix("\\Z")).replace("\\", "")


def _all() -> list[str]:
    return sorted({path for path in _paths(get_resolver().url_patterns) if not path.startswith("static/")})


@pytest.mark.django_db
def test_no_route_answers_a_stranger(client: Client) -> None:
    answered = {}
    for path, method in itertools.product(_all(), METHODS):
        if path.rstrip("/") in {open_path.rstrip("/") for open_path in OPEN}:
            continue
        answer = getattr(client, method)(f"/{path}")
        status = answer.status_code
        refused = status in REFUSED or (status == 302 and (path.startswith("admin/") or _leads_to_a_login(answer)))
        if not refused:
            answered[f"{method.upper()} /{path}"] = status
    assert answered == {}


def _leads_to_a_login(answer: HttpResponse) -> bool:
    return urlsplit(answer.headers["Location"]).path == reverse("console:login")


@pytest.mark.django_db
def test_the_routes_are_found(client: Client) -> None:
    assert {"health/live", "metrics", "scheduler/execution/list"} <= set(_all())


@pytest.mark.django_db
def test_paths_answer_with_and_without_the_slash(client: Client) -> None:
    for path in ("login", "health/live", "api/schema", "api/docs", "metrics", "scheduler/execution/list"):
        assert client.get(f"/{path}").status_code == client.get(f"/{path}/").status_code != 404, path
