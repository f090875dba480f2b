"""What is told of an error: one line, and the exit code that goes with it."""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Iterator

from celeriac.cli.refusals import BUG, SERVICE, USAGE, Refused
from celeriac.client import (
    ApiError,
    CannotConnect,
    CeleriacError,
    Forbidden,
    NotTheService,
    ServerError,
    ServiceUnavailable,
    TooManyRequests,
    Unauthorized,
)
from celeriac.render.controls import shown

AWAY = (CannotConnect, Unauthorized, Forbidden, ServiceUnavailable, ServerError, NotTheService, TooManyRequests)


def tell(error: Exception, *, debug: bool = False) -> int:
    """Tell on stderr what went wrong, as JSON where that was asked for; return the exit code.

    One line is told, but of a job spec each fault; with `debug` the traceback stands before.
    """
    if debug:
        traceback.print_exception(error)
    code, line, faults = exit_code(error), shown(sentence(error)), _faults_of_spec(error)
    if "--json" in sys.argv:
        sys.stderr.write(json.dumps({"error": line, "exit_code": code, **({"errors": faults} if faults else {})}) + "\n")
        return code
    for told in [": ".join(filter(None, (one["path"], one["message"]))) for one in faults] or [line]:
        sys.stderr.write(f"Error: {shown(told)}\n")
    return code


def _faults_of_spec(error: Exception) -> list[dict[str, str]]:
    """Return every fault of a job spec, each with its path."""
    return error.facts["errors"] if isinstance(error, ApiError) and error.code == "invalid_spec" else []


def exit_code(error: Exception) -> int:
    """Return the exit code that an error stands for."""
    if isinstance(error, Refused):
        return error.exit_code
    if isinstance(error, AWAY):
        return SERVICE
    return USAGE if isinstance(error, CeleriacError | OSError) else BUG


def sentence(error: Exception) -> str:
    """Return an error as one sentence."""
    if isinstance(error, ApiError):
        return "; ".join(_wrong(error)) or error.message
    if isinstance(error, OSError):
        return f"{error.filename}: {error.strerror}" if error.filename else str(error)
    if isinstance(error, CeleriacError | Refused):
        return str(error)
    return f"A fault of celeriac itself, {type(error).__name__}: {error}. With --debug it shows where."


def _wrong(error: ApiError) -> Iterator[str]:
    """Yield what is wrong with each field; within lists the service says the place itself: tasks[2].command: ..."""
    for name, told in error.fields.items():
        for message in told:
            yield message if name == "non_field_errors" or message.startswith(name) else f"{name}: {message}"
