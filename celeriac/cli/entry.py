"""Where the command begins and ends: one clear line for what went wrong, and an exit code that scripts can read."""

from __future__ import annotations

import importlib
import os
import sys

from celeriac.cli.group import application

DEBUG = "--debug"


def main() -> None:
    """Run the command; exit 1 when a run failed, 2 on usage, 3 when the service is away or refuses."""
    debug = _take_debug(sys.argv) or os.environ.get("CELERIAC_DEBUG", "") not in {"", "0"}
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # a name that this terminal cannot show is no fault
    try:
        application(prog_name="celeriac")
    except Exception as error:
        # Loaded where something went wrong: it knows the client's errors, and the client takes time to import.
        sys.exit(importlib.import_module("celeriac.cli.faults").tell(error, debug=debug))


def _take_debug(arguments: list[str]) -> bool:
    """Take `--debug` out of the arguments, wherever among the options it stands."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    found = DEBUG in arguments[:end]
    arguments[:end] = [argument for argument in arguments[:end] if argument != DEBUG]
    return found
