"""The console as somebody sees it who opens it for the first time: Chromium, with nothing kept from the visit before."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Browser, Page, Response, sync_playwright

from tests.benchmarks.figures import Figure, Floor, quantiles


@dataclass
class Visits:
    """The seconds of each visit until what is waited for is seen, and the bytes of each, scripts and styles included."""

    seconds: list[float] = field(default_factory=list)
    bytes: list[int] = field(default_factory=list)

    def figures(self, case: str, name: str, shown: Floor | None, small: Floor | None) -> list[Figure]:
        """Return how long the visits took, and the kB of the largest; nothing where there were none."""
        if not self.seconds:
            return []
        size = Figure(case=case, name=f"{name}, over the wire", value=max(self.bytes) / 1000, unit="kB", floor=small)
        return [*quantiles(case, name, self.seconds, {95: shown} if shown else {}), size]


def session() -> str:
    """Return the session of somebody who may see everything."""
    client = Client()
    client.force_login(User.objects.filter(is_superuser=True)[0])
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def visit(url: str, cookie: str, paths: Sequence[str], seen: str) -> Visits:
    """Open the pages one after another until the locator `seen` is; nothing where there is no Chromium."""
    visits = Visits()
    with _browser() as browser:
        for path in paths:
            if browser is None:
                break
            with _window(url, cookie, browser) as page:
                answers = _answers(page)
                visits.seconds.append(_until(page, path, seen))
                visits.bytes.append(sum(_size(answer) for answer in answers))
    return visits


@contextmanager
def stay(url: str, cookie: str, path: str, seen: str) -> Iterator[Page | None]:
    """Open a page until the locator `seen` is, and leave it open; None where there is no Chromium."""
    with _browser() as browser:
        if browser is None:
            yield None
            return
        with _window(url, cookie, browser) as page:
            _until(page, path, seen)
            yield page


@contextmanager
def _browser() -> Iterator[Browser | None]:
    found = shutil.which("chromium")
    if found is None:
        yield None
        return
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"] if os.geteuid() == 0 else [])
        yield browser
        browser.close()


@contextmanager
def _window(url: str, cookie: str, browser: Browser) -> Iterator[Page]:
    context = browser.new_context(base_url=url, viewport={"width": 1440, "height": 900})
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": url}])
    yield context.new_page()
    context.close()


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
