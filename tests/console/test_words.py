"""Times in words, and how states look. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from console import states, wording
from dags.rules import JobState
from runs.nodes import NodeState
from runs.states import GraphRunState, JobRunState

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
CONSOLE = Path(states.__file__).parent


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.04, "0.0 s"),
        (-3, "0.0 s"),
        (9.96, "10.0 s"),
        (12, "12 s"),
        (60, "1 min"),
        (3600 + 300, "1 h 5 min"),
        (3600, "1 h"),
        (86_400 * 3 + 7200 + 60, "3 d 2 h"),
    ],
)
def test_a_length_of_time_is_its_two_largest_units(seconds: float, words: str) -> None:
    assert wording.duration(seconds) == wording.duration(timedelta(seconds=seconds)) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "now"),
        (-5, "moments ago"),
        (5, "in moments"),
        (-70, "1 min ago"),
        (7300, "in 2 h"),
        (-86_400 * 9, "9 d ago"),
    ],
)
def test_a_moment_is_told_by_its_distance(seconds: float, words: str) -> None:
    assert wording.away(NOW + timedelta(seconds=seconds), NOW) == words


@pytest.mark.parametrize("state", [*JobRunState, *GraphRunState, *NodeState, *JobState, None, "Unheard-of"])
def test_every_state_has_a_word_a_shape_and_a_colour(state: str | None) -> None:
    look = states.look(state)
    assert look.word
    assert f'id="shape-{look.name}"' in (CONSOLE / "templates/console/shapes.html").read_text()
    assert f".state-{look.name} " in (CONSOLE / "static/console/colours.css").read_text()


def test_the_grid_cuts_out_the_same_shapes() -> None:
    """Its one picture of them has them side by side; what stands where is told by its stylesheet."""
    drawn = re.findall(r'id="shape-(\w+)"[^>]*>(.*)</symbol>', (CONSOLE / "templates/console/shapes.html").read_text())
    cut = re.findall(r'<g id="(\w+)"[^>]*>(.*)</g>', (CONSOLE / "static/console/shapes.svg").read_text())
    assert cut == [(name, shape.replace("currentColor", "#fff").replace("var(--panel)", "#000")) for name, shape in drawn]
    told = (CONSOLE / "static/console/grid.css").read_text()
    for place, (name, _) in enumerate(cut):
        assert place == 0 or f".at.state-{name}::before {{ mask-position: {place * 100 / (len(cut) - 1):g}% 0; }}" in told


def test_states_of_runs_differ_by_shape_and_by_word() -> None:
    looks = [states.look(state) for state in JobRunState]
    assert len({look.name for look in looks}) == len({look.word for look in looks}) == len(looks)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_states_can_be_read_in_both_themes(theme: int) -> None:
    colours = {
        name: (light, dark)[theme]
        for name, light, dark in re.findall(
            r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)", (CONSOLE / "static/console/colours.css").read_text()
        )
    }
    read = [name for name in colours if name.startswith("state-") or name in ("ink", "faint", "accent")]
    assert len(read) == len({look.name for look in map(states.look, [*JobRunState, None])}) + 3
    for name in read:
        for ground in ("panel", "ground", "sunken"):
            assert contrast(colours[name], colours[ground]) >= 4.5, (name, ground)
    for ground in ("panel", "ground"):
        assert contrast(colours["edge"], colours[ground]) >= 3, ground


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, as WCAG defines it."""
    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
