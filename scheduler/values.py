"""What a value must be to be stored as a result, and how it reads as one argument or variable of a process."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings

from api.parsers import loads

REPLACEMENT = "\ufffd"
_PLAIN = (type(None), bool)


def normalized(value: Any) -> Any:
    """Return `value` as it reads once stored; raise ValueError where it is not JSON or over `settings.MAX_RESULT` bytes.

    Held to the rules of a request body: no NaN, NUL, lone surrogate, or nesting deeper than 64.
    """
    if isinstance(value, _PLAIN):
        return value
    try:
        body = json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except UnicodeEncodeError:
        raise ValueError("text may not contain a lone surrogate") from None
    except TypeError as error:
        raise ValueError(str(error)) from None
    if len(body) > settings.MAX_RESULT:
        raise ValueError(f"it takes {len(body)} bytes, over the limit of {settings.MAX_RESULT}")
    return loads(body)


def as_text(value: Any) -> str:
    """Return a JSON value as a process gets it: text as it is, null as nothing, all else as JSON."""
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False)


def storable(text: str) -> str:
    """Return `text` with what PostgreSQL cannot store replaced: NUL and lone surrogates."""
    return text.replace("\x00", REPLACEMENT).encode("utf-8", "replace").decode()
