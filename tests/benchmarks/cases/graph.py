"""The console's page of a graph of 5,000 tasks: until its tasks are seen, and how smoothly it is moved and edited."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.benchmarks import frames, shapes
from tests.benchmarks.figures import Measured, at_most, quantiles
from tests.benchmarks.stage import Stage
from tests.benchmarks.visiting import session, stay, visit

SHAPE = shapes.layers(50, 100)
SEEN = ".node:visible"
SHOWN = at_most(1000)
SMALL = at_most(1000)  # kB
SMOOTH = at_most(50)
STEPS = 60  # of the mouse
# A point of the stage with neither a task nor an edge, found along its diagonal.
BACKGROUND = """() => {
  const { right, bottom } = document.querySelector(".stage").getBoundingClientRect();
  const points = Array.from({ length: 500 }, (_, step) => [right - 2 - step, bottom - 2 - step / 2]);
  return points.find(([x, y]) => !document.elementFromPoint(x, y).closest(".node, .edge, .said"));
}"""
AWAY = 2  # steps of the zoom, after which the most tasks are drawn one by one
FURTHER = 3.2  # widths of a task: within the one after the next


def graph(stage: Stage) -> list[Measured]:
    """Open the page of a large graph again and again, then work on it; nothing where there is no Chromium."""
    path = f"/graphs/{stage.service.create(SHAPE, 'graph')}/"
    cookie = session()
    stage.tell("looking")
    visits = visit(stage.service.url, cookie, [path] * stage.options.times(20, 5), SEEN)
    found: list[Measured] = [*visits.figures("graph", "shown", SHOWN, SMALL)]
    stage.tell("editing")
    with stay(stage.service.url, cookie, path, SEEN) as page:
        for name, deed in DEEDS.items():
            if page is not None:
                found += quantiles("graph", f"{name}, a frame", frames.of(page, deed), {95: SMOOTH})
    return found


def _drag(page: Page) -> None:
    """Drag the picture by its background."""
    x, y = page.evaluate(BACKGROUND)
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(STEPS):
        page.mouse.move(x - 10 * step, y - 5 * step)
    page.mouse.up()


def _drag_with_many(page: Page) -> None:
    for _ in range(AWAY):
        page.locator("[data-do=zoom-out]").click()
    _drag(page)


def _drag_all(page: Page) -> None:
    page.locator("[data-do=fit]").click()
    _drag(page)


def _find(page: Page) -> None:
    """Search for a task, and go to it."""
    page.locator(".search").fill("25.50")  # from afar, so that it comes to stand in the middle
    page.keyboard.press("Enter")


def _type(page: Page) -> None:
    """Type a name for the task that was found."""
    page.locator("#task-name").press_sequentially("a name that is not short at all")


def _draw_edge(page: Page) -> None:
    """Drag an edge from the task that was found to one that stands further to the right."""
    box = page.locator(".node.chosen rect").bounding_box()
    assert box
    page.locator(".node.chosen .handle").hover()
    page.mouse.down()
    page.mouse.move(box["x"] + FURTHER * box["width"], box["y"] + box["height"] / 2, steps=STEPS)
    page.mouse.up()
    page.get_by_text("now waits for").wait_for()


DEEDS = {
    "dragged": _drag,
    "dragged with 240 tasks in view": _drag_with_many,
    "dragged as a whole": _drag_all,
    "searched": _find,
    "typed in": _type,
    "an edge drawn": _draw_edge,
}
