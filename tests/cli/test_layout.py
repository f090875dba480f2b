"""The golden logs are what gocron's users know: this page says how, and knows nothing of the code that draws them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cli.executions import SHAPES, STATES

GOLDEN = Path(__file__).parent / "golden"
FILES = sorted(GOLDEN.iterdir())
TITLE = ">> >> >> >> >> Log For Job `TestJob`<< << << << <<"
SEPARATOR = " ".join(["=="] * 20)
END = " ".join([">>"] * 20)
COLOURS = {
    "success": 32,
    "failed": 31,
    "running": 34,
    "waiting": 34,
    "queued": 33,
    "pending": 33,
    "skipped": 36,
    "cancelled": 35,
}
GUIDES = re.compile(r"^(?:…(?P<depth>\d+) )?(?P<bars>[│ ]*)[├└]── ")  # a deep one says how deep in place of its first bars
CODES = re.compile(r"\x1b\[[0-9;]*m")


def width(text: str) -> int:
    """Return the columns that a text takes: characters of Chinese take two."""
    return sum(2 if "\u2e80" <= letter <= "\u9fff" else 1 for letter in text)


def read(file: Path) -> tuple[str, str, int, list[list[str]]]:
    """Return a file's shape and style, its width, and its runs as lines, in which no colour is left."""
    shape, style, columns, _ = file.name.split(".")
    title, *told, end = CODES.sub("", file.read_text()).splitlines()
    assert (title, end) == (TITLE, END)
    runs: list[list[str]] = [[]]
    for line in told:
        runs.append([]) if line == SEPARATOR else runs[-1].append(line)
    return shape, style, int(columns), runs


def tree(lines: list[str]) -> list[tuple[int, str]]:
    """Return depth and name of each task, as the guides before it say."""
    found = [(GUIDES.match(line), line) for line in lines]
    return [(int(at["depth"] or len(at["bars"]) // 4), line.split("`")[1]) for at, line in found if at]


def test_every_shape_is_there_flat_and_as_a_tree_narrow_and_wide_plain_and_in_colour() -> None:
    names = {f"{shape}.{style}.{columns}.{kind}" for shape in SHAPES for style in ("flat", "tree") for columns in (60, 200)
             for kind in ("txt", "ansi")}  # fmt: skip
    assert {file.name for file in FILES} == names
    assert SHAPES.keys() == {"chain", "diamond", "wide", "multi_root"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_each_run_stands_with_its_tasks_below_it_newest_first(file: Path) -> None:
    shape, style, columns, runs = read(file)
    assert [re.findall(r"\(execution (\d+)", " ".join(run)) for run in runs] == [["13"], ["12"]]
    assert all(re.match(r"`TestJob` at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d  (running|success)", run[0]) for run in runs)
    assert all(width(line) <= columns for run in runs for line in run)
    names, edges = SHAPES[shape]
    for run in runs:
        told = tree(run)
        if style == "flat":
            assert sorted(told) == sorted((0, name) for name in names)
        else:
            assert _family(told) == _expected(names, edges)


def _family(told: list[tuple[int, str]]) -> set[tuple[str, ...]]:
    """Return the way from a root to each line."""
    way: list[str] = []
    ways = []
    for depth, name in told:
        way[depth:] = [name]
        ways.append(tuple(way))
    assert len(ways) == len(set(ways))
    return set(ways)


def _expected(names: list[str], edges: list[tuple[int, int]]) -> set[tuple[str, ...]]:
    """Return all ways: a task with several parents stands below each."""
    roots: list[tuple[int, ...]] = [(node,) for node in range(len(names)) if node not in {end for _, end in edges}]
    ways, left = set(roots), list(roots)
    while left:
        way = left.pop()
        longer = [(*way, end) for start, end in edges if start == way[-1]]
        ways.update(longer)
        left += longer
    return {tuple(names[node] for node in way) for way in ways}


@pytest.mark.parametrize("file", [file for file in FILES if ".flat.200." in file.name], ids=lambda file: file.name)
def test_flat_tasks_stand_by_the_time_that_is_told_and_those_without_one_last(file: Path) -> None:
    for run in read(file)[3]:
        times = [re.findall(r" at (\d{4}-\S+ \S+)", line) or ["~"] for line in run[1:]]
        assert times == sorted(times)


@pytest.mark.parametrize("file", [file for file in FILES if file.name.endswith("200.ansi")], ids=lambda file: file.name)
def test_each_task_is_bold_in_the_colour_of_its_state(file: Path) -> None:
    told = re.findall(r"── \x1b\[1;(\d+)m `[^`]+`[^\x1b]*\x1b\[0m  (\w+)", file.read_text())
    assert told
    assert {word: int(code) for code, word in told}.items() <= COLOURS.items()
    head, *_, last = file.read_text().splitlines()
    assert head == f"\x1b[1;34m{TITLE}\x1b[0m"
    assert last == f"\x1b[1;34m{END}\x1b[0m"


def test_among_them_are_all_states() -> None:
    told = (GOLDEN / "chain.flat.200.txt").read_text()
    assert all(f"  {state.lower()}" in told for state in STATES)


@pytest.mark.parametrize("file", [file for file in FILES if file.suffix == ".txt"], ids=lambda file: file.name)
def test_plain_means_plain_and_says_the_same(file: Path) -> None:
    assert "\x1b" not in file.read_text()
    assert file.read_text() == CODES.sub("", file.with_suffix(".ansi").read_text())
