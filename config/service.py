"""`up`: the whole service in the foreground, from nothing to an example that has run; Ctrl-C ends all of it.

The embedded servers are up already when this is imported, since Django reads their addresses at its start, and no other `up`
holds their home (`manage.py`).
"""

from __future__ import annotations

import logging
import shlex
import signal
import sys
import time
from pathlib import Path
from typing import NoReturn

import httpx
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from rich.console import Console

from config import commands, embedded, env, processes, schema, showcase
from config.first_start import Credentials, ensure_credentials
from config.supervisor import Supervisor, SupervisorError

READY_LIMIT = 90  # seconds
WATCH_INTERVAL = 0.5  # seconds between two looks at what should run

console = Console(highlight=False, soft_wrap=True)


class StartError(Exception):
    """The service cannot start; the message says what to do."""


def up() -> None:
    """Run the service until Ctrl-C, or a signal like it; raise StartError when it cannot."""
    logging.getLogger().setLevel(logging.WARNING)  # the terminal is for people; the processes have their logs
    port = env.integer("PORT", 8000, minimum=1)
    supervisor = Supervisor(settings.HOME, _programs(port))
    try:
        _run(supervisor, port)
    except KeyboardInterrupt:
        console.print("Stopping.")
    except SupervisorError as error:
        raise StartError(str(error)) from error
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)  # an impatient second Ctrl-C must not leave processes behind
        supervisor.stop()
        embedded.stop()


def _run(supervisor: Supervisor, port: int) -> NoReturn:
    supervisor.stop()  # a start that was killed may have left its own, on this very port
    if not processes.port_is_free(port):
        raise StartError(f"Port {port} is taken. Choose another one: PORT={port + 1} make up")
    url = f"http://127.0.0.1:{port}"
    if schema.unapplied():
        console.print("Preparing the database.")
        call_command("migrate", verbosity=0, interactive=False)
    credentials, new = ensure_credentials(settings.HOME / "credentials.json", url)
    supervisor.start()
    _wait_until_ready(url, supervisor)
    _greet(credentials, new)
    if apps.is_installed("examples"):
        showcase.run(console, url, credentials.token)
    _tell_next()
    console.print("Ctrl-C stops everything.")
    _keep(supervisor)


def _programs(port: int) -> dict[str, list[str]]:
    slots = env.integer("WORKERS", 2, minimum=1)
    return {
        "web": commands.web(port),
        "worker": commands.worker(settings.QUEUES, settings.NODE, slots),
        "beat": commands.beat(),
    }


def _wait_until_ready(url: str, supervisor: Supervisor) -> None:
    until = time.monotonic() + READY_LIMIT
    told = "the web server does not answer"
    with httpx.Client(timeout=5, trust_env=False) as client:
        while time.monotonic() < until:
            try:
                answer = client.get(f"{url}/health/ready")
                if answer.is_success:
                    return
                told = f"{answer.status_code}: {answer.text}"
            except httpx.TransportError:
                pass
            time.sleep(0.05)
    raise StartError(f"Not ready within {READY_LIMIT} s ({told}). The logs are in {supervisor.logs}")


def _greet(credentials: Credentials, new: bool) -> None:
    console.print(f"Celeriac is ready at {credentials.url} (console: /, API: /api/docs/, admin: /admin/).")
    file = settings.HOME / "credentials.json"
    if new:
        console.print(f"User {credentials.username}, password {credentials.password}, token {credentials.token}", markup=False)
        console.print(f"These are kept in {file} and not shown again.")
    else:
        console.print(f"User, password and token are in {file}")


def _tell_next() -> None:
    """Say what to type in another terminal, as it has to be typed here."""
    command = Path(sys.executable).with_name("celeriac")
    called = str(_from_here(command)) if command.exists() else f"{_from_here(Path(sys.executable))} -m celeriac"
    home = "" if settings.HOME == settings.BASE_DIR / "var" else f"CELERIAC_HOME={shlex.quote(str(settings.HOME))} "
    console.print("Next, in another terminal (docs/cli.md has the rest):")
    for line in ("status", 'log "Monthly orders" --style tree', "run examples/first_job.py"):
        console.print(f"  {home}{called} {line}", markup=False)


def _from_here(file: Path) -> Path:
    return file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file


def _keep(supervisor: Supervisor) -> NoReturn:
    """Bring back what dies and is nobody else's to bring back: the supervisor and the embedded servers."""
    while True:
        time.sleep(WATCH_INTERVAL)
        if not embedded.running():
            console.print("An embedded server has died; starting it again.")
            _revive()
        if not supervisor.running():
            console.print("The supervisor has died; starting it again.")
            supervisor.start()


def _revive() -> None:
    try:
        embedded.start()
    except Exception as error:  # whatever keeps it down, the next look tries again
        console.print(f"That failed, trying again: {error}", markup=False)
