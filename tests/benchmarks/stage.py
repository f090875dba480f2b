"""Everything that runs while it is measured: a web server and a worker of Celeriac, and a worker of bare Celery."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property

import psutil
from django.conf import settings
from django.core.management import call_command

from config import commands, processes
from config.first_start import ensure_credentials
from tests.benchmarks import canvas
from tests.benchmarks.options import Options
from tests.benchmarks.service import Service
from tests.running import end, wait_for

SLOTS = 2  # worker processes on either side
LIMIT = 60.0  # seconds until all are ready


@dataclass(kw_only=True)
class Stage:
    """What a case finds."""

    options: Options
    service: Service
    web: psutil.Process
    worker: psutil.Process
    stack: ExitStack
    show: Callable[[str], None]
    case: str = ""

    def tell(self, what: str) -> None:
        """Tell whoever watches what the case is at."""
        self.show(f"{self.case}: {what}")

    @cached_property
    def canvas_worker(self) -> psutil.Process:
        """The worker of bare Celery, started when it is first needed."""
        process = self.stack.enter_context(_running(canvas.worker(SLOTS), "canvas", without=["DJANGO_SETTINGS_MODULE"]))
        wait_for(canvas.answers, "the worker of bare Celery", LIMIT)
        return process


@contextmanager
def stage(options: Options, show: Callable[[str], None]) -> Iterator[Stage]:
    """Start Celeriac as `up` does, but without beat: its worker sweeps by itself."""
    call_command("migrate", verbosity=0, interactive=False)
    port = processes.free_port()
    url = f"http://127.0.0.1:{port}"
    token = ensure_credentials(settings.HOME / "credentials.json", url)[0].token
    with ExitStack() as stack:
        web = stack.enter_context(_running(commands.web(port), "web"))
        worker = stack.enter_context(_running(commands.worker(["default"], "", SLOTS), "worker"))
        service = Service(url, token)
        wait_for(service.ready, "the service", LIMIT)
        yield Stage(options=options, service=service, web=web, worker=worker, stack=stack, show=show)


@contextmanager
def _running(command: Sequence[str], name: str, without: Sequence[str] = ()) -> Iterator[psutil.Process]:
    log = settings.HOME / "log" / f"{name}.log"
    log.parent.mkdir(exist_ok=True)
    environment = {variable: value for variable, value in os.environ.items() if variable not in without}
    with log.open("w") as output:
        popen = subprocess.Popen(
            command,
            env=environment,
            cwd=settings.BASE_DIR,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield psutil.Process(popen.pid)
    finally:
        end(popen)
