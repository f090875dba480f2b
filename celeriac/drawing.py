"""A job drawn into files: SVG by `picture.py`, PNG by Pillow from the same layout."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from celeriac import layout, picture
from celeriac.picture import GAP_X, GAP_Y, HEIGHT, MARGIN, MAX_LABEL, WIDTH

if TYPE_CHECKING:
    from PIL import ImageDraw
    from PIL.ImageFont import FreeTypeFont, ImageFont

    from celeriac.job import Job

SCALE = 2  # points of the PNG for one of the SVG
MAX_POINTS = 100_000_000  # of a PNG; of a larger graph the SVG alone is drawn at full size
STEPS = 24  # straight pieces of a bend
ARROW = 7
FILL, LINE, EDGE, TEXT = "#f8fafc", "#6b7280", "#9ca3af", "#111827"
# What systems bring, those with the most scripts first; where there is none, Pillow's own font knows ASCII.
FONTS = ("NotoSansCJK-Regular.ttc", "PingFang.ttc", "msyh.ttc", "wqy-microhei.ttc", "DejaVuSans.ttf", "Arial.ttf")
_NOT_IN_FILES = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]')

Point = tuple[float, float]


def draw(job: Job, folder: Path) -> tuple[Path, Path]:
    """Draw the job into `<name>.svg` and `<name>.png`; return the two. Raise `JobError`, or `OSError`."""
    definition = job.define()
    names = [str(task["name"]) for task in definition.tasks]
    pairs = [edge[:2] for edge in definition.edges]
    stem = _NOT_IN_FILES.sub("_", job.name).strip(". ")[:100] or "job"
    vector, raster = folder / f"{stem}.svg", folder / f"{stem}.png"
    vector.write_text(picture.draw(dict(enumerate(names)), pairs), encoding="utf-8")
    raster.write_bytes(png(names, pairs))
    return vector, raster


def png(names: list[str], pairs: list[tuple[int, int]]) -> bytes:
    """Return the picture of an acyclic graph as a PNG."""
    import io

    from PIL import Image, ImageDraw

    drawn = min(len(names), picture.MAX_DRAWN)
    places = layout.lay_out(drawn, [pair for pair in pairs if max(pair) < drawn])
    width = max(places.columns * (WIDTH + GAP_X) - GAP_X, 0) + 2 * MARGIN
    height = max(places.rows * (HEIGHT + GAP_Y) - GAP_Y, 0) + 2 * MARGIN
    scale = min(SCALE, (MAX_POINTS / (width * height)) ** 0.5)
    image = Image.new("RGB", (max(1, round(width * scale)), max(1, round(height * scale))), "white")
    _draw(ImageDraw.Draw(image), names[:drawn], places, (places.rows - 1) / 2, scale)
    content = io.BytesIO()
    image.save(content, "PNG")
    return content.getvalue()


def _draw(canvas: ImageDraw.ImageDraw, names: list[str], places: layout.Layout, middle: float, scale: float) -> None:
    def at(place: tuple[int, float]) -> Point:
        return MARGIN + place[0] * (WIDTH + GAP_X), MARGIN + (place[1] + middle) * (HEIGHT + GAP_Y)

    for route in places.routes:
        points = _curve([at(place) for place in route])
        canvas.line([(x * scale, y * scale) for x, y in points], fill=EDGE, width=round(scale), joint="curve")
        x, y = (value * scale for value in points[-1])
        back, half = ARROW * scale, ARROW * scale / 2
        canvas.polygon([(x, y), (x - back, y - half), (x - back, y + half)], fill=EDGE)
    font = _font(12 * scale)
    for name, place in zip(names, places.places, strict=True):
        x, y = at(place)
        box = (x * scale, y * scale, (x + WIDTH) * scale, (y + HEIGHT) * scale)
        canvas.rounded_rectangle(box, 6 * scale, fill=FILL, outline=LINE, width=max(1, round(scale)))
        label = name if len(name) <= MAX_LABEL else f"{name[: MAX_LABEL - 1]}..."
        canvas.text(((x + 10) * scale, (y + HEIGHT / 2) * scale), label, fill=TEXT, font=font, anchor="lm")


def _curve(route: list[Point]) -> list[Point]:
    """Return the points of an edge: level where it leaves, bends and arrives."""
    points: list[Point] = []
    x, y = route[0][0] + WIDTH, route[0][1] + HEIGHT / 2
    for place, (left, top) in enumerate(route[1:], start=2):
        end_x, end_y = left, top + HEIGHT / 2
        half = (x + end_x) / 2
        points += [_bezier(step / STEPS, (x, y), half, (end_x, end_y)) for step in range(STEPS + 1)]
        x, y = end_x, end_y
        if place < len(route):  # a bend: straight on, as wide as the tasks above and below it
            x += WIDTH
            points.append((x, y))
    return points


def _bezier(t: float, start: Point, half: float, end: Point) -> Point:
    """Return a point of the curve that leaves and arrives level, and is half way at `half`."""
    rest = 1 - t
    leaving, arriving = rest**3 + 3 * rest**2 * t, 3 * rest * t**2 + t**3
    x = rest**3 * start[0] + 3 * rest * t * half + t**3 * end[0]
    return x, leaving * start[1] + arriving * end[1]


def _font(size: float) -> FreeTypeFont | ImageFont:
    from PIL import ImageFont

    for name in FONTS:
        try:
            return ImageFont.truetype(name, size)
        except OSError:
            continue
    return ImageFont.load_default(size)
