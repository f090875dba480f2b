"""Documents as text: YAML or JSON, read into plain values, within bounds. Pure.

Of YAML, what JSON could say as well, and anchors: no dates, no sets, no objects; `yes` and `on` are text. Whatever could be
misread is refused with its line, such as a key that is there twice.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import yaml

from api.parsers import MAX_DEPTH, loads
from dags.specs.faults import Fault, InvalidSpec, Place, refusal, short

MAX_VALUES = 300_000  # an anchor's are counted wherever it is named
_MAX_DIGITS = 18

_NOT_TEXT = re.compile("[\x00\ud800-\udfff]")
_JSON_TOKEN = re.compile(r'("(?:[^"\\]|\\.)*")\s*(:?)|[{}]', re.DOTALL)
_TWICE = "occurs twice"


def read_yaml(body: bytes) -> Any:
    """Return what a YAML document says; raise `InvalidSpec`."""
    try:
        return _Reader(_Loader(body)).document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise _unreadable(f"{error.problem or error.context}", mark.line if mark else None) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise _unreadable(f"This is no YAML: {' '.join(str(error).split())}") from None


def read_json(body: bytes) -> Any:
    """Return what a JSON document says; raise `InvalidSpec`."""
    try:
        document = loads(body)
    except (ValueError, RecursionError) as error:
        line = _line_of_twice(body.decode("utf-8", "replace")) if _TWICE in str(error) else None
        raise _unreadable(str(error), line) from None
    if sum(1 for _ in itertools.islice(_values(document), MAX_VALUES + 1)) > MAX_VALUES:
        raise _unreadable(f"There are more than {MAX_VALUES} values.")
    return document


def _values(value: Any) -> Iterator[Any]:
    """Yield a value and all that it holds."""
    yield value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for one in inner:
        yield from _values(one)


def _unreadable(message: str, line: int | None = None) -> InvalidSpec:
    return refusal([Fault((), message if line is None else f"line {line + 1}: {message}")])


class _Loader(yaml.CSafeLoader):
    """Tells numbers, true, false and null from text as JSON does, and nothing else."""

    yaml_implicit_resolvers: dict[str, list[Any]] = {}


_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^(?:~|null|Null|NULL|)$"), ["~", "n", "N", ""])
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:int", re.compile(rf"^[-+]?(?:0|[1-9][0-9]{{0,{_MAX_DIGITS - 1}}})$"), list("-+0123456789")
)
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]{1,3})?$"),
    list("-+0123456789."),
)

_SCALARS: dict[str, Callable[[str], Any]] = {
    "tag:yaml.org,2002:str": str,
    "tag:yaml.org,2002:int": int,
    "tag:yaml.org,2002:float": float,
    "tag:yaml.org,2002:bool": lambda text: {"true": True, "false": False}[text.lower()],
    "tag:yaml.org,2002:null": lambda text: None,
}
_COLLECTIONS: set[str | None] = {None, "!", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"}


class _Anchored(NamedTuple):
    """What an anchor stands for, how many values that is, and how deep they are nested."""

    value: Any
    size: int
    height: int


class _Reader:
    """Reads a loader's events into values, and notes what could be misread.

    Not its nodes: those are made by a recursion in C, which a deeply nested document would crash.
    """

    def __init__(self, loader: _Loader) -> None:
        self._loader: Any = loader  # its events are untyped
        self._faults: list[Fault] = []
        self._anchors: dict[str, _Anchored] = {}
        self._size = 0
        self._height = 0  # of what is being read, below where it was last set to nothing

    def document(self) -> Any:
        """Return the one document's value, None where there is none; raise `InvalidSpec` or YAML's own errors."""
        self._loader.get_event()  # the stream's start
        if self._loader.check_event(yaml.StreamEndEvent):
            return None
        self._loader.get_event()
        document = self._value((), 0)
        self._loader.get_event()
        if not self._loader.check_event(yaml.StreamEndEvent):
            raise _unreadable("There is a second document here.", self._loader.peek_event().start_mark.line)
        if self._faults:
            raise refusal(self._faults, document)
        return document

    def _value(self, place: Place, depth: int) -> Any:
        event = self._loader.get_event()
        if isinstance(event, yaml.AliasEvent):
            return self._named(event, depth)
        self._count(event, 1, depth)
        size, outer, self._height = self._size, self._height, 0
        if isinstance(event, yaml.ScalarEvent):
            value = self._scalar(event, place)
        else:
            if event.tag not in _COLLECTIONS:
                self._note(event, place, f"The tag {short(event.tag)} cannot be used here.")
            value = self._items(place, depth) if isinstance(event, yaml.SequenceStartEvent) else self._pairs(place, depth)
        if event.anchor:
            self._anchors[event.anchor] = _Anchored(value, self._size - size, self._height)
        self._height = max(outer, self._height + 1)
        return value

    def _named(self, event: Any, depth: int) -> Any:
        found = self._anchors.get(event.anchor)
        if found is None:
            raise _unreadable(f"There is no anchor {short(event.anchor)} above.", event.start_mark.line)
        self._count(event, found.size + 1, depth + found.height)
        self._height = max(self._height, found.height + 1)
        return found.value

    def _count(self, event: Any, size: int, depth: int) -> None:
        """Raise `InvalidSpec` for more than anybody writes."""
        self._size += size
        if depth > MAX_DEPTH:
            raise _unreadable(f"This is nested deeper than {MAX_DEPTH} levels.", event.start_mark.line)
        if self._size > MAX_VALUES:
            told = f"There are more than {MAX_VALUES} values, those of anchors counted wherever they are named."
            raise _unreadable(told, event.start_mark.line)

    def _items(self, place: Place, depth: int) -> list[Any]:
        found: list[Any] = []
        while not self._loader.check_event(yaml.SequenceEndEvent):
            found.append(self._value((*place, len(found)), depth + 1))
        self._loader.get_event()
        return found

    def _pairs(self, place: Place, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while not self._loader.check_event(yaml.MappingEndEvent):
            event = self._loader.peek_event()
            key = self._value(place, depth + 1)
            value = self._value((*place, str(key)), depth + 1)
            if not isinstance(key, str):
                self._note(event, place, "A key has to be text.")
            elif key in found:
                self._note(event, (*place, key), "This key is there twice.")
            else:
                found[key] = value
        self._loader.get_event()
        return found

    def _scalar(self, event: Any, place: Place) -> Any:
        written = event.value
        tag = event.tag if event.tag not in (None, "!") else self._loader.resolve(yaml.ScalarNode, written, event.implicit)
        try:
            value = _SCALARS[tag](written)
        except (ValueError, KeyError):
            self._note(event, place, f"{short(written)} cannot be read as {short(tag)}.")
            return None
        if isinstance(value, float) and not math.isfinite(value):
            self._note(event, place, "This number is too large.")
        if isinstance(value, str) and _NOT_TEXT.search(value):
            self._note(event, place, "Text may hold neither the NUL character nor lone surrogates.")
        return value

    def _note(self, event: Any, place: Place, message: str) -> None:
        self._faults.append(Fault(place, f"line {event.start_mark.line + 1}: {message}"))


def _line_of_twice(text: str) -> int | None:
    """Return the line of the first key of a JSON text that its object has already, counted from 0."""
    keys: list[set[str]] = []
    for token in _JSON_TOKEN.finditer(text):
        if token[0] == "{":
            keys.append(set())
        elif token[0] == "}" and keys:
            keys.pop()
        elif token[2] and keys:
            key = token[1]
            if key in keys[-1]:
                return text.count("\n", 0, token.start())
            keys[-1].add(key)
    return None
