"""JSONPath into answers of other systems."""

from __future__ import annotations

import time

import pytest

from api.errors import Invalid
from jobs import jsonpaths
from jobs.running import JobError

DOCUMENT = {"data": [{"id": 1, "name": "ann"}, {"id": 2, "name": "bob"}], "next": None}


def test_paths_find_what_they_name() -> None:
    assert list(jsonpaths.every("$.data[*].id", DOCUMENT)) == [1, 2]
    assert list(jsonpaths.every("$.data[?@.id > 1].name", DOCUMENT)) == ["bob"]
    assert jsonpaths.first("$.next", DOCUMENT) is None
    assert jsonpaths.first("$.nothing", DOCUMENT) is jsonpaths.NOTHING
    assert jsonpaths.first("", DOCUMENT) is jsonpaths.NOTHING


def test_patterns_match_as_the_standard_says_and_junk_matches_nothing() -> None:
    assert list(jsonpaths.every("$.data[?match(@.name, 'b.b')].id", DOCUMENT)) == [2]
    assert list(jsonpaths.every("$.data[?match(@.name, 'b')].id", DOCUMENT)) == []
    assert list(jsonpaths.every("$.data[?search(@.name, 'n')].id", DOCUMENT)) == [1]
    assert list(jsonpaths.every("$.data[?search(@.name, '(')].id", DOCUMENT)) == []
    assert list(jsonpaths.every("$.data[?search(@.id, '1')].id", DOCUMENT)) == []


def test_no_pattern_takes_for_ever() -> None:
    began = time.process_time()
    assert list(jsonpaths.every("$[?search(@, '(a+)+$')]", ["a" * 5000 + "!"])) == []
    assert time.process_time() - began < 2


@pytest.mark.parametrize(("path", "single"), [("$", True), ("$.data", True), ("$.data[0].id", True), ("$.data[*]", False)])
def test_a_path_knows_whether_it_finds_one_value_at_most(path: str, single: bool) -> None:
    assert jsonpaths.is_single(path) is single


@pytest.mark.parametrize("path", ["data", "$.", "$[", "$.a[?nope(@)]", "$" + "[?(" * 5000])
def test_what_is_no_path_is_refused_with_the_place(path: str) -> None:
    with pytest.raises(Invalid, match="no JSONPath") as raised:
        jsonpaths.check(path, field="rows_path")
    assert raised.value.field == "rows_path"


def test_a_document_too_deep_for_a_path_is_a_fault_of_the_job() -> None:
    deep: list = []
    for _ in range(500):
        deep = [deep]
    with pytest.raises(JobError, match="cannot be followed"):
        list(jsonpaths.every("$..*", deep))
