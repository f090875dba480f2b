"""How smoothly a page answers: the lengths of the frames in which the mouse or the keyboard was heard."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page

# What an event costs is done in the frame that it is heard in, and so delays the beginning of the next one.
WATCH = """() => {
  window.frames_seen = [];
  let [last, heard, busy] = [0, false, false];
  for (const name of ["pointermove", "keydown", "input", "click"]) addEventListener(name, () => { heard = true; }, true);
  const frame = (now) => {
    if (busy) window.frames_seen.push(now - last);
    [last, busy, heard] = [now, heard, false];
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}"""
SETTLED = 300  # milliseconds after which nothing of a deed is left to be drawn


def of(page: Page, deed: Callable[[Page], None]) -> list[float]:
    """Do something with a page, and return the seconds of each frame that had something to do for it."""
    if page.evaluate("window.frames_seen === undefined"):
        page.evaluate(WATCH)
    page.evaluate("window.frames_seen.length = 0")
    deed(page)
    page.wait_for_timeout(SETTLED)
    return [length / 1000 for length in page.evaluate("window.frames_seen")]
