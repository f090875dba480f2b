"""A real browser: Debian's Chromium, driven by Playwright, on a service of this session's own."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.contrib.auth import get_user_model
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Route, expect, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
WIDTHS = (375, 1440)
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
PICTURES = settings.BASE_DIR / "var" / "screenshots"
PATIENCE = 10_000.0  # milliseconds that anything on a page may take
expect.set_options(timeout=PATIENCE)
GRAVE = {"serious", "critical"}
# Preloading would put the stylesheets' text into the page; telling all that is right takes a minute on a page of 1,500 links.
LOOK: dict[str, Any] = {"preload": False, "resultTypes": ["violations"]}
COLOURS = {**LOOK, "runOnly": ["color-contrast"]}  # what a theme changes
ANSWERED = re.compile(r"(?:responded with a status of|Response Status Error Code) (\d+)")  # the browser's word, and htmx's


@dataclass
class Watched:
    """What went wrong on a page. `expected` are statuses of answers that the test means to get."""

    place: str
    faults: list[str] = field(default_factory=list)
    expected: set[int] = field(default_factory=set)

    def console(self, message: ConsoleMessage) -> None:
        """Note errors and refusals of the Content-Security-Policy."""
        failed = ANSWERED.search(message.text)
        if failed and int(failed[1]) in self.expected:
            return
        if message.type == "error" or "Content Security Policy" in message.text:
            self.faults.append(f"console: {message.text} ({message.location.get('url', '')})")

    def route(self, route: Route) -> None:
        """Let requests to the service through, and no other."""
        url = urlsplit(route.request.url)
        if url.netloc == self.place or url.scheme in ("data", "blob"):
            route.continue_()
        else:
            self.faults.append(f"left the machine: {route.request.url}")
            route.abort()


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Run one browser for all tests of this package; skip them where there is none."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip("no Chromium on this machine: apt-get install chromium")
    options = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium refuses to run as root with it
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright keeps an event loop in this very thread, and Django would take each query for one from a coroutine.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(executable_path=found, args=options)
        yield browser
        browser.close()


@pytest.fixture
def console(web: str, transactional_db: None) -> str:
    """Return where the console is; a test that needs a worker asks for `worker` too."""
    return web


@pytest.fixture
def watched(console: str) -> Watched:
    """Return what is watched for on the page: a test may expect an answer that is an error."""
    return Watched(place=urlsplit(console).netloc)


@pytest.fixture
def context(browser: Browser, console: str, watched: Watched) -> Iterator[BrowserContext]:
    """Return a browser window of its own, whose faults fail the test at its end."""
    context = browser.new_context(base_url=console, viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    context.set_default_timeout(PATIENCE)
    context.route("**/*", watched.route)
    context.on("console", watched.console)
    context.on("weberror", lambda error: watched.faults.append(f"script: {error.error}"))
    yield context
    context.close()
    assert watched.faults == []


@pytest.fixture
def stranger(context: BrowserContext) -> Page:
    """Return a page of nobody."""
    return context.new_page()


@pytest.fixture
def boss(console: str) -> Any:
    """Return a user who may do everything."""
    return get_user_model().objects.create_superuser("boss", password="right one")


@pytest.fixture
def page(context: BrowserContext, console: str, boss: Any) -> Page:
    """Return a page of `boss`, who is logged in."""
    client = Client()
    client.force_login(boss)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": console}])
    return context.new_page()


@pytest.fixture(scope="session")
def look() -> Callable[[Page], None]:
    """Return what has axe-core look at a page, at its colours in both themes: nothing that it calls serious is there."""

    def look(page: Page) -> None:
        for theme, options in zip(THEMES, (LOOK, COLOURS), strict=True):
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            found = Axe().run(page, options=options)
            told = [found.generate_report(one["id"]) for one in found.response["violations"] if one["impact"] in GRAVE]
            assert not told, f"{theme}: {' '.join(told)}"

    return look


@pytest.fixture(scope="session")
def shots() -> Callable[[Page, str], None]:
    """Return what sees that a page need not be scrolled sideways, and takes pictures of it where PICTURES=1 asks for them."""

    def shots(page: Page, name: str) -> None:
        before = page.viewport_size
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, f"{name} is {wide} px wide at {width} px"
            if os.environ.get("PICTURES") == "1":
                _take_pictures(page, f"{name}-{{theme}}-{width}.png")
        if before:
            page.set_viewport_size(before)

    return shots


def _take_pictures(page: Page, name: str) -> None:
    """Take a picture of the whole page in each theme."""
    for theme in THEMES:
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        page.screenshot(path=PICTURES / name.format(theme=theme), full_page=True)
