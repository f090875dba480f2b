"""What is wrong with a spec: each fault with its place in the document, told all at once and in the document's order. Pure."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, TypeAlias

from pydantic.alias_generators import to_snake

from api.errors import Invalid

Place: TypeAlias = tuple[str | int, ...]
"""The keys and indexes that lead to a value."""

MAX_TOLD = 1000
MAX_KNOWN = 200  # words among which a near one is looked for
SHOWN = 60  # characters of what somebody wrote


@dataclass(frozen=True, slots=True)
class Fault:
    """A sentence about a place."""

    place: Place
    message: str


class InvalidSpec(Invalid):
    """The job spec has faults."""

    code = "invalid_spec"


def refusal(faults: Iterable[Fault], document: Any = None) -> InvalidSpec:
    """Return the error that tells every fault, `{"errors": [{"path", "message"}]}`, in the order of the document."""
    places = _Places(document)
    ordered = sorted((places.found(fault.place), number, fault.message) for number, fault in enumerate(faults))
    told = [{"path": path, "message": message} for (_, path), _, message in ordered]
    if len(told) > MAX_TOLD:
        told[MAX_TOLD:] = [{"path": "", "message": f"... and {len(told) - MAX_TOLD} more"}]
    count = "one fault" if len(told) == 1 else f"{len(ordered)} faults"
    return InvalidSpec(f"The job spec has {count}.", errors=told)


def path(place: Sequence[str | int]) -> str:
    """Return a place as people write it: stages[2].tasks[0].driver."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place).removeprefix(".")


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return ` Did you mean ...?` where one of the known words is near, else nothing."""
    words = {str(one).lower(): str(one) for one in itertools.islice(known, MAX_KNOWN)}
    near = get_close_matches(word[:SHOWN].lower(), words, n=1, cutoff=0.7)
    return f" Did you mean {words[near[0]]!r}?" if near else ""


def short(value: Any) -> str:
    """Return what somebody wrote, the end of a long text left out."""
    text = repr(value[: SHOWN * 2] if isinstance(value, str) else value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


class _Places:
    """Where places stand in a document; what is missing stands after what is there."""

    def __init__(self, document: Any) -> None:
        self._document = document
        self._keys: dict[int, dict[Any, int]] = {}

    def found(self, place: Place) -> tuple[tuple[int, ...], str]:
        """Return where a place stands, and its path in the spelling of the document."""
        rank: list[int] = []
        spelled: list[str | int] = []
        at = self._document
        for step in place:
            if isinstance(at, Mapping) and isinstance(step, str):
                if id(at) not in self._keys:
                    self._keys[id(at)] = {key: number for number, key in enumerate(at)}
                keys = self._keys[id(at)]
                key = step if step in keys or to_snake(step) not in keys else to_snake(step)
                rank.append(keys.get(key, len(keys)))
                spelled.append(key)
                at = at.get(key)
            else:
                number = step if isinstance(step, int) else 0
                rank.append(number)
                spelled.append(step)
                at = at[number] if isinstance(at, list) and number < len(at) else None
        return tuple(rank), path(spelled)
