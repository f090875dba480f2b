"""A plan drawn as SVG: how high the sun and the targets stand, and below what is scanned when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from xml.etree import ElementTree as ET

from schedules.policies.basic.instants import EPOCH, SECOND, moment, runs, samples
from schedules.policies.basic.observations import Track
from schedules.policies.plan import Block

WIDTH, LEFT, RIGHT = 1100, 90, 110  # of the picture, and beside the plot
PLOT = WIDTH - LEFT - RIGHT
TOP, SKY = 40, 220  # the heading, and the height of 90 degrees
LANE, LANES = 28, ("calibration", "master", "soft")
POINTS = 600  # of a curve
TICKS = 10  # at most
STEPS = [timedelta(hours=hours) for hours in (1, 2, 3, 6, 12, 24, 48, 120, 240, 720, 2400, 8760)]
COLOURS = ("#2563eb", "#dc2626", "#059669", "#9333ea", "#0891b2", "#db2777", "#65a30d", "#ea580c", "#7c6f64")
STYLE = """
svg { color-scheme: light dark; --ink: #1f2937; --faint: #cbd5e1; --page: #ffffff; }
@media (prefers-color-scheme: dark) { svg { --ink: #e5e7eb; --faint: #475569; --page: #111827; } }
.page { fill: var(--page); } text { font: 12px system-ui, sans-serif; fill: var(--ink); }
line { stroke: var(--faint); } polyline { fill: none; stroke-width: 1.5; }
.sun { stroke: #d97706; } .sun polyline { stroke-width: 2.5; }
rect.calibration { fill: #d97706; } rect.master { fill: #60a5fa; } rect.soft { fill: #a3a3a3; }
"""


def draw(blocks: Sequence[Block], tracks: Mapping[str, Track], t0: datetime, t1: datetime) -> str:
    """Return the SVG of a plan from t0 to t1."""
    height = TOP + SKY + LANE * len(LANES) + 50
    svg = ET.Element(
        "svg",
        {"xmlns": "http://www.w3.org/2000/svg", "viewBox": f"0 0 {WIDTH} {height}", "role": "img"},
        **{"aria-labelledby": "title desc", "width": str(WIDTH), "height": str(height)},
    )
    ET.SubElement(svg, "title", id="title").text = f"Plan from {t0:%Y-%m-%d %H:%M} to {t1:%Y-%m-%d %H:%M} UTC"
    ET.SubElement(svg, "desc", id="desc").text = _told(blocks, tracks)
    ET.SubElement(svg, "style").text = STYLE
    ET.SubElement(svg, "rect", {"class": "page", "width": str(WIDTH), "height": str(height)})
    _text(svg, LEFT, 24, f"{t0:%Y-%m-%d %H:%M} to {t1:%Y-%m-%d %H:%M} UTC")
    _altitudes(svg)
    if t0 < t1:
        _ticks(svg, t0, t1)
        for place, (target, track) in enumerate(tracks.items()):
            _curve(svg, place, target, track, (t0, t1))
    _lanes(svg, blocks, t0, t1)
    return ET.tostring(svg, encoding="unicode")


def _told(blocks: Sequence[Block], tracks: Mapping[str, Track]) -> str:
    """Return the picture in words, for those who do not see it."""
    counts = ", ".join(f"{sum(block.kind == lane for block in blocks)} {lane}" for lane in LANES)
    return f"The altitude of {', '.join(tracks)}, and {len(blocks)} scans: {counts}."


def _altitudes(svg: ET.Element) -> None:
    for altitude in (0, 30, 60, 90):
        y = _height(altitude)
        ET.SubElement(svg, "line", x1=str(LEFT), x2=str(LEFT + PLOT), y1=y, y2=y)
        _text(svg, LEFT - 8, float(y) + 4, f"{altitude}°", end=True)


def _ticks(svg: ET.Element, t0: datetime, t1: datetime) -> None:
    """Draw lines at round times: as close as can be read."""
    step = next((step for step in STEPS if (t1 - t0) / step <= TICKS), STEPS[-1])
    tick, bottom = EPOCH + -((EPOCH - t0) // step) * step, TOP + SKY + LANE * len(LANES)
    while tick <= t1:
        x = _place(tick, t0, t1)
        ET.SubElement(svg, "line", x1=x, x2=x, y1=str(TOP), y2=str(bottom))
        _text(svg, float(x) + 3, bottom + 16, f"{tick:%m-%d}" if step >= STEPS[5] else f"{tick:%d %H:%M}")
        tick += step


def _curve(svg: ET.Element, place: int, target: str, track: Track, span: tuple[datetime, datetime]) -> None:
    """Draw a source where it is above the horizon, with its name in the margin."""
    t0, t1 = span
    times = samples(t0, t1, (t1 - t0) / SECOND / POINTS)
    altitudes = track(times).alt
    colour = {"class": "sun"} if target == "sun" else {"stroke": COLOURS[place % len(COLOURS)]}
    group = ET.SubElement(svg, "g", colour)
    ET.SubElement(group, "title").text = target
    for run in runs(altitudes >= 0):
        points = zip(times[run], altitudes[run], strict=True)
        path = " ".join(f"{_place(moment(time), t0, t1)},{_height(altitude)}" for time, altitude in points)
        ET.SubElement(group, "polyline", points=path)
    y = TOP + 12 + 18 * place
    ET.SubElement(group, "polyline", points=f"{LEFT + PLOT + 10},{y} {LEFT + PLOT + 30},{y}")
    _text(svg, LEFT + PLOT + 36, y + 4, target)


def _lanes(svg: ET.Element, blocks: Sequence[Block], t0: datetime, t1: datetime) -> None:
    for place, lane in enumerate(LANES):
        y = TOP + SKY + 6 + place * LANE
        _text(svg, LEFT - 8, y + 15, lane, end=True)
        for block in (block for block in blocks if block.kind == lane):
            x = _place(block.start, t0, t1)
            width = max(float(_place(block.end, t0, t1)) - float(x), 0.5)
            rect = ET.SubElement(svg, "rect", {"class": lane, "x": x, "y": str(y), "width": f"{width:.1f}", "height": "20"})
            ET.SubElement(rect, "title").text = f"{block.name}, {block.start:%Y-%m-%d %H:%M} to {block.end:%H:%M}"


def _place(time: datetime, t0: datetime, t1: datetime) -> str:
    return f"{LEFT + PLOT * (time - t0) / (t1 - t0):.1f}"


def _height(altitude: float) -> str:
    return f"{TOP + SKY * (1 - altitude / 90):.1f}"


def _text(svg: ET.Element, x: float, y: float, text: str, *, end: bool = False) -> None:
    anchor = {"text-anchor": "end"} if end else {}
    ET.SubElement(svg, "text", {"x": f"{x:g}", "y": f"{y:g}", **anchor}).text = text
