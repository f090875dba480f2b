"""JSONPath (RFC 9535) into answers of other systems."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import re2
from jsonpath_rfc9535 import JSONPathEnvironment, JSONPathError, JSONPathQuery
from jsonpath_rfc9535.function_extensions import ExpressionType, FilterFunction

from api.errors import Invalid
from jobs.running import JobError

NOTHING = object()
_quiet = re2.Options()
_quiet.log_errors = False


class _Matching(FilterFunction):
    """`match()` and `search()` in time linear in the text: the library's own can be made to take for ever."""

    arg_types = [ExpressionType.VALUE, ExpressionType.VALUE]
    return_type = ExpressionType.LOGICAL

    def __init__(self, whole: bool) -> None:
        self._whole = whole

    def __call__(self, text: object, pattern: object) -> bool:
        """Tell whether a text matches; what is no text or no pattern does not."""
        if not isinstance(text, str) or not isinstance(pattern, str):
            return False
        try:
            matches = re2.fullmatch if self._whole else re2.search
            return bool(matches(pattern, text, options=_quiet))
        except re2.error:
            return False


class _Environment(JSONPathEnvironment):
    def setup_function_extensions(self) -> None:
        super().setup_function_extensions()
        self.function_extensions |= {"match": _Matching(whole=True), "search": _Matching(whole=False)}


_environment = _Environment()


@lru_cache(maxsize=500)
def _compiled(path: str) -> JSONPathQuery:
    return _environment.compile(path)


def check(path: str, *, field: str) -> None:
    """Raise `Invalid` unless the path can be read; an empty one can."""
    if not path:
        return
    try:
        _compiled(path)
    except (JSONPathError, RecursionError) as error:
        raise Invalid(f"This is no JSONPath: {error}.", field=field) from None


def every(path: str, document: Any) -> Iterator[Any]:
    """Yield what the path finds in a document, as it is asked for."""
    try:
        for node in _compiled(path).finditer(document):
            yield node.value
    except (JSONPathError, RecursionError) as error:
        raise JobError(f"The path {path} cannot be followed through the answer: {error}.", permanent=True) from None


def first(path: str, document: Any) -> Any:
    """Return the first of what the path finds, `NOTHING` where it finds nothing or is empty."""
    return next(every(path, document), NOTHING) if path else NOTHING


def is_single(path: str) -> bool:
    """Tell whether the path finds one value at most."""
    return _compiled(path).singular_query()
