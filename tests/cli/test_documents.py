"""Documents tell what differs from the defaults, come back as they went, and say where they are wrong."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from celeriac.declaring import documents, files, reading
from celeriac.declaring.reading import BadDocument
from tests.cli.calling import refused

NIGHTLY = """
name: Nightly
tasks:
  - {name: Fetch, driver: shell, command: ./fetch.sh, retries: 2}
  - {name: Clean up, driver: shell, command: "true", after: {fetch: done}}
  - {name: Load, key: load, driver: shell, command: ./load.sh, after: [fetch]}
schedules:
  - {cron: 30 2 * * *, timezone: Europe/Berlin, exclude_dates: [2027-12-24], start: 2027-01-01T00:00:00+01:00}
"""


def read(text: str) -> Any:
    """Return the one document of a text."""
    file = Path("job.yaml")
    file.write_text(text)
    (found,) = files.read([str(file)])
    return found


def test_a_document_is_read_whole() -> None:
    told = read(NIGHTLY)
    assert [task["key"] for task in told["tasks"]] == ["fetch", "clean_up", "load"]
    assert [task["after"] for task in told["tasks"]] == [{}, {"fetch": "done"}, {"fetch": "success"}]
    assert (told["tasks"][0]["retries"], told["tasks"][1]["retries"]) == (2, 0)
    (schedule,) = told["schedules"]
    assert schedule["name"] == "Nightly"
    assert schedule["exclude_dates"] == ["2027-12-24"]
    assert schedule["start"] == "2026-12-31T23:00:00Z"


def test_edges_as_the_api_takes_them_are_read_too() -> None:
    told = read(
        '{"name": "A", "tasks": [{"name": "a"}, {"name": "b", "is_py_func": 2}], "edges": [{"task_from": "a", "task_to": "b"}]}'
    )
    assert told["tasks"][1]["after"] == {"a": "success"}
    assert told["tasks"][1]["driver"] == "shell"


def test_a_document_comes_back_as_it_went() -> None:
    told = read(NIGHTLY)
    assert read(files.write([told])) == told


TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)
TASKS = st.fixed_dictionaries(
    {"name": TEXTS.filter(lambda text: text.strip()), "command": TEXTS | st.just("first line\nsecond line\n")},
    optional={
        "retries": st.integers(0, 9),
        "timeout": st.floats(0.5, 9),
        "configs": st.dictionaries(TEXTS, st.lists(TEXTS | st.none())),
    },
)


@given(st.lists(TASKS, max_size=5))
def test_any_document_comes_back_as_it_went(tasks: list[dict[str, Any]]) -> None:
    given_keys = [{**task, "key": f"k{place}", "after": [f"k{n}" for n in range(place)]} for place, task in enumerate(tasks)]
    told = reading.whole({"name": "any", "tasks": given_keys})
    assert reading.whole(documents.brief(told)) == told
    assert read(files.write([told])) == told


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[]", "job.yaml: a mapping is needed here, not []."),
        ("", "There is no job in these files."),
        ("name: [", r"job.yaml, line 1: expected the node content, but found '<stream end>'."),
        ("name: 3", "job.yaml: `name` is needed, as text."),
        ("name: A\ntasks: x", "job.yaml: tasks: a list is needed here, not 'x'."),
        ("name: A\ntask: []", "job.yaml: unknown key 'task'; did you mean tasks?"),
        ("name: A\ntasks: [{name: a, retrys: 1}]", "job.yaml: tasks[0]: unknown key 'retrys'; did you mean retries?"),
        ("name: A\ntasks: [{key: a}]", "job.yaml: tasks[0]: `name` is needed, as text."),
        ("name: A\ntasks: [{name: a}, {name: A}]", "job.yaml: Two tasks have the key 'a'."),
        ("name: A\nname: B", "job.yaml, line 2: the key 'name' is there twice."),
        ("name: A\nedges: [{task_from: a, task_to: b}]", "job.yaml: edges[0].task_to: there is no task with the key 'b'."),
        ("name: A\n---\nname: A", "Two documents are of the job 'A'."),
        ("name: A\ntasks: [{name: a, after: 3}]", "job.yaml: tasks[0].after: a list is needed here, not 3."),
        ("name: !!python/object:os.system x", "job.yaml, line 1: could not determine a constructor for the tag .*"),
    ],
)
def test_a_document_that_is_wrong_says_where(text: str, line: str) -> None:
    with pytest.raises(BadDocument) as caught:
        read(text)
    assert str(caught.value) == line or re.fullmatch(line, str(caught.value))


def test_a_wrong_document_is_told_in_one_line() -> None:
    Path("job.yaml").write_text("name: A\ntask: []")
    assert refused("apply", "-f", "job.yaml") == "job.yaml: unknown key 'task'; did you mean tasks?"


def test_a_file_that_is_not_there_is_told_in_one_line() -> None:
    assert refused("apply", "-f", "nowhere.yaml") == "nowhere.yaml: No such file or directory"


def test_a_folder_stands_for_its_files(tmp_path: Path) -> None:
    folder = tmp_path / "jobs"
    folder.mkdir()
    (folder / "b.yml").write_text("name: B")
    (folder / "a.json").write_text('{"name": "A"}')
    (folder / "notes.txt").write_text("no job")
    assert [one["name"] for one in files.read([str(folder)])] == ["A", "B"]
