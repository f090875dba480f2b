"""The console as somebody sees it who opens it for the first time: Chromium, with nothing kept from the visit before."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Page, Response, sync_playwright


@dataclass
class Visits:
    """The seconds of each visit until what is waited for is seen, and the bytes of each, scripts and styles included."""

    seconds: list[float] = field(default_factory=list)
    bytes: list[int] = field(default_factory=list)


def session() -> str:
    """Return the session of somebody who may see everything."""
    client = Client()
    client.force_login(User.objects.filter(is_superuser=True)[0])
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def visit(url: str, cookie: str, paths: Sequence[str], seen: str) -> Visits:
    """Open the pages one after another until the locator `seen` is; nothing where there is no Chromium."""
    visits = Visits()
    found = shutil.which("chromium")
    if found is None:
        return visits
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"] if os.geteuid() == 0 else [])
        for path in paths:
            context = browser.new_context(base_url=url, viewport={"width": 1440, "height": 900})
            context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": url}])
            page = context.new_page()
            answers = _answers(page)
            visits.seconds.append(_until(page, path, seen))
            visits.bytes.append(sum(_size(answer) for answer in answers))
            context.close()
        browser.close()
    return visits


def _answers(page: Page) -> list[Response]:
    """Return the list that fills with what the page is answered."""
    answers: list[Response] = []

    def take(answer: Response) -> None:
        answers.append(answer)

    page.on("response", take)  # the method of a list takes no mark of Playwright's
    return answers


def _until(page: Page, path: str, seen: str) -> float:
    began = time.perf_counter()
    page.goto(path)
    page.locator(seen).first.wait_for()
    return time.perf_counter() - began


def _size(answer: Response) -> int:
    if "text/event-stream" in answer.headers.get("content-type", ""):
        return 0  # it goes on
    sizes = answer.request.sizes()
    return sizes["responseHeadersSize"] + sizes["responseBodySize"]
