"""`python -m tests.chaos`: every scenario on servers of its own; one line each, and an exit code that tells.

--list names them; names run those alone; --short runs the short form that `make test` has.
"""

# ruff: noqa: E402, T201 - the environment comes before the settings; what is printed is the point

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
import traceback
from pathlib import Path

GIVEN = "CELERIAC_HOME" in os.environ
os.environ.setdefault("CELERIAC_HOME", str(Path(tempfile.gettempdir()) / f"celeriac-chaos-{os.getpid()}"))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("LOG_LEVEL", "WARNING")

from tests.running import TIMES

os.environ.update(TIMES)

import django

from config import embedded


def main() -> int:
    parser = argparse.ArgumentParser(prog="make chaos")
    parser.add_argument("names", nargs="*", metavar="scenario")
    parser.add_argument("--list", action="store_true", help="name the scenarios")
    parser.add_argument("--short", action="store_true", help="the short form")
    wanted = parser.parse_args()
    embedded.start()
    try:
        django.setup()
        from tests.chaos import scenarios

        if wanted.list:
            print("\n".join(f"{name:24} {scenario.__doc__}" for name, scenario in scenarios.ALL.items()))
            return 0
        unknown = set(wanted.names) - scenarios.ALL.keys()
        if unknown:
            parser.error(f"no scenario is called {', '.join(sorted(unknown))}; --list names them")
        names = wanted.names or [name for name in scenarios.ALL if not wanted.short or name in scenarios.SHORT]
        return run(names, short=wanted.short)
    finally:
        embedded.stop()
        if not GIVEN:
            shutil.rmtree(os.environ["CELERIAC_HOME"], ignore_errors=True)


def run(names: list[str], *, short: bool) -> int:
    """Run these scenarios; return how many failed."""
    from django.core.management import call_command

    from tests.chaos import scenarios
    from tests.chaos.stage import Stage, Violation, logs

    call_command("migrate", verbosity=0, interactive=False)
    failed = 0
    for name in names:
        began = time.monotonic()
        stage = Stage(name, short=short)
        violations: list[str] = []
        try:
            scenarios.ALL[name](stage)
            violations = stage.audit()
        except Violation as broken:
            violations = [str(broken)]
        except Exception:
            violations = [traceback.format_exc()]
        finally:
            stage.close()
        facts = ", ".join(f"{fact.replace('_', ' ')} {value}" for fact, value in stage.facts.items())
        print(f"{'FAIL' if violations else 'ok  '} {name:24} {time.monotonic() - began:6.1f} s  {facts}", flush=True)
        for violation in violations[:20]:
            print(f"     {violation}", flush=True)
        if violations:
            failed += 1
            print(logs(name), file=sys.stderr, flush=True)
    print(f"{len(names) - failed} of {len(names)} scenarios hold")
    return failed


if __name__ == "__main__":
    sys.exit(main())
