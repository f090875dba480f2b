"""The timeline of a plan."""

from __future__ import annotations

from datetime import timedelta
from xml.etree import ElementTree as ET

import pytest

from schedules.policies.basic.commands import block
from schedules.policies.basic.picture import draw
from tests.unit.observing.making import DAY, at, moving, scan

SVG = "{http://www.w3.org/2000/svg}"
SUN = moving(90, -30, 0, 0.001)  # rises after 30,000 seconds


def _drawn(length: float, names: tuple[str, ...] = ("field",)) -> ET.Element:
    blocks = [block(scan(3600 * place, 3600 * place + 1800, name=name)) for place, name in enumerate(names)]
    return ET.fromstring(draw(blocks, {"sun": SUN, "mars": moving(90, 10)}, DAY, at(length)))


def test_it_shows_each_scan_and_each_source_above_the_horizon() -> None:
    svg = _drawn(86_400, ("north", "south"))
    scans = [rect for rect in svg.iter(f"{SVG}rect") if rect.get("class") == "master"]
    assert [rect[0].text for rect in scans] == [
        "north, 2026-03-01 00:00 to 00:30", "south, 2026-03-01 01:00 to 01:30",
    ]  # fmt: skip
    curves = {group[0].text: group.findall(f"{SVG}polyline") for group in svg.iter(f"{SVG}g")}
    assert {name: len(lines) for name, lines in curves.items()} == {"sun": 2, "mars": 2}  # a curve, and its sample
    (rise, _), *_ = ([float(one) for one in point.split(",")] for point in (curves["sun"][0].get("points") or "").split())
    assert rise == pytest.approx(90 + 900 * 30_000 / 86_400, abs=2)


def test_it_is_told_in_words_too() -> None:
    svg = _drawn(86_400)
    texts = {svg.find(f"{SVG}{tag}").text for tag in ("title", "desc")}  # type: ignore[union-attr]
    assert svg.get("role") == "img"
    assert {child.get("id") for child in svg if child.get("id")} == set((svg.get("aria-labelledby") or "").split())
    assert "Plan from 2026-03-01 00:00 to 2026-03-02 00:00 UTC" in texts
    assert "The altitude of sun, mars, and 1 scans: 0 calibration, 1 master, 0 soft." in texts


def test_it_is_readable_in_the_dark() -> None:
    assert "prefers-color-scheme: dark" in ET.tostring(_drawn(3600), encoding="unicode")


def test_names_stay_text() -> None:
    svg = _drawn(86_400, ("<script>alert('x')</script> & more",))
    assert not list(svg.iter(f"{SVG}script"))
    assert any((title.text or "").startswith("<script>alert('x')</script> & more") for title in svg.iter(f"{SVG}title"))


@pytest.mark.parametrize("length", [0, -10])
def test_a_range_of_nothing_is_an_empty_picture(length: float) -> None:
    svg = ET.fromstring(draw([], {"sun": SUN}, DAY, at(length)))
    assert not list(svg.iter(f"{SVG}polyline"))


@pytest.mark.parametrize(
    "length", [timedelta(seconds=1), timedelta(hours=2), timedelta(days=3), timedelta(days=30), timedelta(days=3650)]
)
def test_there_are_few_enough_times_to_read(length: timedelta) -> None:
    svg = ET.fromstring(draw([], {"sun": SUN}, DAY, DAY + length))
    lines = [line for line in svg.iter(f"{SVG}line") if line.get("x1") == line.get("x2")]
    assert 1 <= len(lines) <= 12
