"""From plain values to a spec: every value of its type, or a fault at its place. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, get_args

from pydantic import ValidationError
from pydantic.alias_generators import to_camel, to_snake
from pydantic_core import ErrorDetails

from dags.specs.document import Part, Spec
from dags.specs.faults import MAX_TOLD, Fault, Place, short, suggestion

_SAID = {
    "string_type": "Must be text.",
    "int_type": "Must be a whole number.",
    "float_type": "Must be a number.",
    "bool_type": "Must be true or false.",
    "list_type": "Must be a list.",
    "model_type": "Must be a mapping.",
    "dict_type": "Must be a mapping.",
}


def read(document: Any) -> tuple[Spec, list[Fault]]:
    """Return what a document says as far as it can be read, and what is wrong with the types of the rest."""
    try:
        return Spec.model_validate(document), []
    except ValidationError as error:
        wrong = error.errors(include_url=False)
    faults = [_fault(one, place < MAX_TOLD) for place, one in enumerate(wrong)]
    if not isinstance(document, Mapping):
        return Spec(), faults
    return Spec.model_validate(_without(document, [fault.place for fault in faults])), faults


def _fault(wrong: ErrorDetails, told: bool) -> Fault:
    """Return the fault that pydantic found; a near word is looked for where it will be told."""
    place = tuple(step for step in wrong["loc"] if step != "[key]")
    if wrong["type"] == "extra_forbidden":
        return Fault(place, _unknown(place) if told else "Unknown field.")
    said = _SAID.get(wrong["type"]) or re.sub(r"^\w+ should", "Must", wrong["msg"])
    return Fault(place, said if said.endswith((".", "?")) else f"{said}.")


def _unknown(place: Place) -> str:
    name, part = str(place[-1]), _part_at(place[:-1])
    known = part.names() if part else set()
    if name in known:
        other = to_snake(name) if to_camel(name) == name else to_camel(name)
        return f"This is told twice: as {other!r} as well."
    return f"Unknown field {short(name)}.{suggestion(name, sorted(known))}"


def _part_at(place: Place) -> type[Part] | None:
    """Return which part of a spec stands at a place, None where it is none."""
    part: type[Part] | None = Spec
    for step in place:
        if isinstance(step, str) and part is not None:
            field = part.model_fields.get(to_snake(step))
            part = _part_in([field.annotation]) if field else None
    return part


def _part_in(annotations: Iterable[Any]) -> type[Part] | None:
    """Return the part that an annotation such as `list[Stage]` or `Stage | None` speaks of."""
    for one in annotations:
        found = one if isinstance(one, type) and issubclass(one, Part) else _part_in(get_args(one))
        if found:
            return found
    return None


def _without(document: Mapping[str, Any], places: Sequence[Place]) -> dict[str, Any]:
    """Return a copy in which nothing is told at these places, so that the rest can be checked nevertheless."""
    rest = _copy(document)
    for place in places:
        at: Any = rest
        for step in place[:-1]:
            at = at[step]
        if isinstance(at, list):
            at[int(place[-1])] = {} if _part_at(place) else ""  # the others stay where they are
        else:
            at.pop(place[-1], None)
    return rest


def _copy(value: Any) -> Any:
    """Return a copy in which nothing is shared: what an anchor stands for is another thing wherever it is named."""
    if isinstance(value, Mapping):
        return {key: _copy(inner) for key, inner in value.items()}
    return [_copy(inner) for inner in value] if isinstance(value, list) else value
