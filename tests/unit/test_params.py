"""A run's params against the graph's schema."""

from __future__ import annotations

import time

import pytest

from api.errors import Invalid
from dags.models import Graph
from dags.params import check_params, check_schema

SCHEMA = {
    "type": "object",
    "properties": {"day": {"type": "string", "format": "date"}, "retries": {"type": "integer", "minimum": 0}},
    "required": ["day"],
    "additionalProperties": False,
}


def faults(schema, params) -> list[str]:
    try:
        check_params(Graph(params_schema=schema), params)
    except Invalid as error:
        assert error.field == "params"
        return error.messages
    return []


def test_what_the_schema_allows_is_accepted() -> None:
    assert faults(SCHEMA, {"day": "2027-01-01", "retries": 1}) == []
    assert faults(None, {"anything": [1]}) == []


def test_every_fault_is_told_with_its_place() -> None:
    assert faults(SCHEMA, {"retries": -1, "x": 1}) == [
        "$: 'day' is a required property",
        "$: Additional properties are not allowed ('x' was unexpected)",
        "$.retries: -1 is less than the minimum of 0",
    ]


@pytest.mark.parametrize("params", [None, [], "x", 1])
def test_params_are_an_object_with_or_without_a_schema(params) -> None:
    assert faults(None, params) == ["Must be an object."]


def test_a_long_value_does_not_make_a_long_message() -> None:
    (message,) = faults({"properties": {"a": {"type": "integer"}}}, {"a": "x" * 10_000})
    assert len(message) < 400


@pytest.mark.parametrize(
    "schema", [{"type": 5}, {"type": "nope"}, {"properties": []}, {"minimum": "x"}, {"pattern": "("}, {"required": [1]}]
)
def test_a_schema_that_is_none_is_refused(schema) -> None:
    with pytest.raises(Invalid, match="Not a valid JSON Schema") as caught:
        check_schema(schema)
    assert caught.value.field == "params_schema"


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#/$defs/gone"},
        {"$ref": "http://127.0.0.1:1/schema"},
        {"$ref": "file:///etc/passwd"},
        {"$ref": "#"},
        {"$schema": "http://example.com/other", "$ref": "other"},
    ],
)
def test_a_reference_that_leads_nowhere_or_outside_or_in_circles_is_told_and_not_followed(schema) -> None:
    (message,) = faults(schema, {"a": 1})
    assert message.startswith("The graph's params_schema cannot be applied")


def test_a_schema_may_refer_to_its_own_parts() -> None:
    schema = {"$defs": {"n": {"type": "integer"}}, "properties": {"a": {"$ref": "#/$defs/n"}}}
    assert faults(schema, {"a": 1}) == []
    assert len(faults(schema, {"a": "x"})) == 1


# --- Schemas that would take years ---


@pytest.mark.parametrize("pattern", [r"^(a+)+$", r"^(a|aa)+$", r"(a*)*b", r"^(([a-z])+.)+[A-Z]([a-z])+$"])
def test_a_pattern_is_matched_in_linear_time(pattern) -> None:
    begun = time.process_time()
    assert len(faults({"properties": {"a": {"pattern": pattern}}}, {"a": "a" * 50_000 + "!"})) == 1
    assert time.process_time() - begun < 1


def test_a_number_beyond_what_can_be_computed_with_is_told() -> None:
    (message,) = faults({"properties": {"a": {"multipleOf": 0.1}}}, {"a": 10**400})
    assert message.startswith("The graph's params_schema cannot be applied")


@pytest.mark.parametrize("pattern", [r"(?=a)", r"(a)\1", "a{1001}", "(" * 50])
def test_a_pattern_that_cannot_be_is_refused(pattern) -> None:
    with pytest.raises(Invalid, match="is not a 'regex'"):
        check_schema({"properties": {"a": {"pattern": pattern}}})


def test_references_that_double_at_each_level_run_out_of_budget() -> None:
    doubled = {f"d{i}": {"allOf": [{"$ref": f"#/$defs/d{i + 1}"}] * 2} for i in range(60)}
    schema = {"$defs": doubled | {"d60": {"type": "object"}}, "$ref": "#/$defs/d0"}
    check_schema(schema)
    begun = time.process_time()
    assert faults(schema, {"a": 1}) == ["The graph's params_schema cannot be applied: It takes too long to apply."]
    assert time.process_time() - begun < 10


@pytest.mark.parametrize(
    ("items", "unique"),
    [
        ([1, 2], True),
        ([1, 1.0], False),
        ([1, True], True),
        ([{"a": 1, "b": 2}, {"b": 2, "a": 1.0}], False),
        ([[1], [[1]]], True),
        ([None, "null"], True),
        ([[index, {"x": index}] for index in range(20_000)], True),
    ],
)
def test_items_are_compared_by_what_they_say(items, unique) -> None:
    assert (faults({"properties": {"a": {"uniqueItems": True}}}, {"a": items}) == []) is unique


@pytest.mark.parametrize(
    "schema",
    [
        {"anyOf": [{}] * 20_000},
        {"patternProperties": {"a": {}}},
        {"properties": {"a": {"items": [{"patternProperties": {}}]}}},
    ],
)
def test_what_could_not_be_bounded_is_refused(schema) -> None:
    with pytest.raises(Invalid):
        check_schema(schema)


def test_a_long_list_of_good_params_is_within_the_budget() -> None:
    assert faults({"properties": {"a": {"items": {"type": "integer", "minimum": 0}}}}, {"a": list(range(100_000))}) == []
