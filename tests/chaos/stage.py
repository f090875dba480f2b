"""The stage: real servers, real processes that are started again when they die, graphs, and the audit at the end."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
import redis
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import Error, OperationalError, connection, connections

from api.models import Token
from config import commands, embedded, processes
from dags.models import Edge, Graph, Project, Task
from runs import compiled
from runs.models import GraphRun, JobRun, Transition, Worker
from runs.states import GRAPH_UNFINISHED, JobRunState
from scheduler.launching import Launch, launch
from tests.chaos import effects
from tests.chaos.auditor import Evidence, audit
from tests.running import TIMES

BUSY = 3  # times that a bound of time is longer in the short form
CALLABLES = ",".join(f"tests.chaos.works.{name}" for name in ("note", "die", "leave", "cling"))
NOTE = "tests.chaos.works.note"


class Violation(AssertionError):
    """Something that was promised does not hold."""


@dataclass
class Actor:
    """A process of the service that is started again when it dies, as a supervisor does."""

    command: Callable[[], Sequence[str]]
    name: str
    environment: Mapping[str, str]
    popen: subprocess.Popen[bytes] = field(init=False)
    exits: list[int] = field(default_factory=list)
    resting: bool = False

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        log = settings.HOME / "log" / f"{self.name}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("a") as output:
            self.popen = subprocess.Popen(
                self.command(),
                env={**os.environ, **TIMES, "CELERIAC_CALLABLES": CALLABLES, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def tend(self) -> None:
        """Start it again if it has ended."""
        if self.popen.poll() is not None and not self.resting:
            self.exits.append(self.popen.returncode)
            self.start()

    def signal(self, number: signal.Signals) -> None:
        """Signal the main process and its pool; their commands are in sessions of their own."""
        with suppress(ProcessLookupError):
            os.killpg(self.popen.pid, number)

    def pool(self) -> list[psutil.Process]:
        """Return the pool's processes."""
        children = psutil.Process(self.popen.pid).children()
        return [child for child in children if os.getpgid(child.pid) == self.popen.pid]

    def kill(self) -> float:
        """Kill the whole tree; return when."""
        at = time.time()
        self.signal(signal.SIGKILL)
        self.popen.wait(20)
        return at

    def end(self) -> None:
        self.resting = True
        if self.popen.poll() is None:
            self.signal(signal.SIGCONT)
            self.signal(signal.SIGKILL)
            self.popen.wait(20)


class Stage:
    """What a scenario plays on."""

    def __init__(self, name: str, *, short: bool) -> None:
        self.name, self.short = name, short
        self.directory = settings.HOME / "scenes" / name
        self.directory.mkdir(parents=True, exist_ok=True)
        self.file = self.directory / "effects"
        self.file.unlink(missing_ok=True)
        self.actors: list[Actor] = []
        self.answers: list[tuple[float, int]] = []
        self.outages: list[tuple[float, float]] = []
        self.facts: dict[str, str] = {}
        self._tokens = itertools.count(1)
        for fired in self.directory.glob("fired-*"):
            fired.unlink()
        embedded.start()
        call_command("flush", verbosity=0, interactive=False)
        compiled._cache.clear()  # ids begin anew
        self.redis.flushall()
        self.project = Project.objects.create(name="chaos")

    def tell(self, **facts: Any) -> None:
        """Have these facts printed with the scenario."""
        self.facts |= {name: f"{value:.2f} s" if isinstance(value, float) else str(value) for name, value in facts.items()}

    def require(self, condition: object, what: str) -> None:
        """Raise Violation unless the condition holds."""
        if not condition:
            raise Violation(what)

    def require_within(self, seconds: float, bound: float, what: str) -> None:
        """Require that something came within its bound; the short form, whose machine may be busy, gives it more."""
        limit = bound * (BUSY if self.short else 1)
        self.require(seconds <= limit, f"{what} after {seconds:.2f} s, and the bound is {limit:g}")

    # --- The cast ---

    def worker(self, *, slots: int = 2, queues: Sequence[str] = ("default",), fault: str = "", **environment: str) -> Actor:
        """Start a worker and wait until it tells that it lives."""
        known = Worker.objects.count()
        actor = self._cast(
            lambda: commands.worker(queues, "", slots),
            "worker",
            self._faulty(fault) | {"CELERIAC_TERM_GRACE": "2"} | environment,
        )
        if not fault:
            self.wait(lambda: Worker.objects.count() > known, "a worker", 30)
        return actor

    def _faulty(self, fault: str) -> dict[str, str]:
        return {"CELERIAC_FAULT": fault, "CELERIAC_FAULT_DIR": str(self.directory)} if fault else {}

    def beat(self) -> Actor:
        return self._cast(commands.beat, "beat", {})

    def web(self) -> httpx.Client:
        """Start a web server, and return a client of it whose answers are audited."""
        port = processes.free_port()
        self._cast(lambda: commands.web(port), "web", {})
        user = User.objects.create_superuser("chaos")
        _, token = Token.objects.create(user=user, name="chaos")
        client = httpx.Client(
            base_url=f"http://127.0.0.1:{port}", headers={"Authorization": f"Token {token}"}, timeout=30, trust_env=False
        )
        self.wait(lambda: _answers(client), "the web server", 30)
        client.event_hooks = {"response": [lambda response: self.answers.append((time.time(), response.status_code))]}
        return client

    def _cast(self, command: Callable[[], Sequence[str]], name: str, environment: Mapping[str, str]) -> Actor:
        self.actors.append(Actor(command, f"{self.name}-{name}", environment))
        return self.actors[-1]

    # --- The play ---

    def graph(self, tasks: Mapping[str, Mapping[str, Any]], edges: Sequence[tuple[str, str]] = (), **fields: Any) -> Graph:
        graph = Graph.objects.create(project=self.project, name=self.name, **fields)
        made = Task.objects.bulk_create(Task(parent=graph, key=key, name=key, **task) for key, task in tasks.items())
        places = {task.key: task for task in made}
        Edge.objects.bulk_create(Edge(graph=graph, task_from=places[a], task_to=places[b]) for a, b in edges)
        return graph

    def python(self, key: str, seconds: float = 0.0, command: str = NOTE, **fields: Any) -> dict[str, Any]:
        args = [str(self.file), "{{ params.token }}", key, *([seconds] if seconds else [])]
        return {"driver": "python", "command": command, "configs": {"args": args}, **fields}

    def shell(self, body: str = ":", **fields: Any) -> dict[str, Any]:
        return {"driver": "shell", "command": effects.command(self.file, body), **fields}

    def token(self) -> int:
        return next(self._tokens)

    def launch(self, graph: Graph, count: int = 1) -> list[GraphRun]:
        return [launch([Launch(graph=graph, params={"token": self.token()})])[0] for _ in range(count)]

    def effects(self, what: str | None = None) -> list[effects.Effect]:
        return [effect for effect in effects.read(self.file) if what in (None, effect.what)]

    def wait(self, condition: Callable[[], object], what: str, limit: float = 30.0) -> float:
        """Wait until the condition holds, starting again whoever dies; return for how long."""
        began = time.monotonic()
        while True:
            for actor in self.actors:
                actor.tend()
            with suppress(Error):  # the database may be what is away
                if condition():
                    return time.monotonic() - began
            if time.monotonic() - began > limit:
                raise Violation(f"{what} did not come within {limit:g} s")
            with suppress(Error):
                connection.close_if_unusable_or_obsolete()
            time.sleep(0.02)

    def wait_started(self, count: int = 1, limit: float = 30.0) -> float:
        return self.wait(lambda: len(self.effects("start")) >= count, f"{count} starts", limit)

    def wait_ended(self, limit: float = 60.0) -> float:
        return self.wait(lambda: not GraphRun.objects.filter(state__in=GRAPH_UNFINISHED).exists(), "the end of all runs", limit)

    def given_back(self, after: float) -> list[float]:
        """Return how long after a moment each attempt was given back."""
        moves = Transition.objects.filter(from_state=JobRunState.RUNNING, to_state=JobRunState.QUEUED)
        return sorted(move.at.timestamp() - after for move in moves if move.at.timestamp() > after)

    def states(self) -> dict[str, int]:
        """Count JobRuns by state."""
        counted: dict[str, int] = {}
        for state in JobRun.objects.values_list("state", flat=True):
            counted[state] = counted.get(state, 0) + 1
        return counted

    def require_success(self) -> None:
        """Require that every job has succeeded."""
        others = JobRun.objects.exclude(state=JobRunState.SUCCESS).values("key", "state", "attempt", "errors", "reason")
        self.require(set(self.states()) == {"SUCCESS"}, f"not all have succeeded: {self.states()}: {list(others[:3])}")

    def in_child(self, do: Callable[[], object], fault: str) -> int:
        """Do something in a process of its own that a fault is armed in; return how it exited."""
        connections.close_all()
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                from scheduler import dispatch, faults

                faults._armed = faults.read(fault)
                do()
                dispatch._bell().flush()
                code = 0
            except OperationalError:
                code = 3
            finally:
                os._exit(code)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

    # --- The servers ---

    @property
    def redis(self) -> redis.Redis:
        return redis.Redis.from_url(os.environ["REDIS_URL"])

    def redis_process(self) -> psutil.Process:
        found = embedded._redis_process()
        if found is None:
            raise Violation("Redis is not there")
        return found

    def stop_redis(self) -> None:
        processes.end(self.redis_process(), signal.SIGKILL, 20)

    def stop_postgres(self, how: signal.Signals) -> None:
        """End PostgreSQL, and with it all of its connections."""
        postmaster = embedded._postmaster()
        if postmaster is None:
            raise Violation("PostgreSQL is not there")
        backends = postmaster.children()
        processes.end(postmaster, how, 20)
        psutil.wait_procs(backends, timeout=20)
        connections.close_all()

    def start_servers(self) -> None:
        embedded.start()

    # --- The end ---

    def close(self) -> None:
        """End every process."""
        for actor in self.actors:
            actor.end()

    def audit(self) -> list[str]:
        """Return the violations of the whole history."""
        self.wait(self._left_alone, "the end of what the tasks had started", 15)
        return audit(Evidence(effects=self.effects(), answers=self.answers, outages=self.outages))

    def _left_alone(self) -> bool:
        return not any(violation.startswith("i11") for violation in audit(Evidence(effects=self.effects())))


def _answers(client: httpx.Client) -> bool:
    try:
        return client.get("/health/live").is_success
    except httpx.TransportError:
        return False


def logs(name: str) -> str:
    """Return the ends of the logs of a scenario's processes."""
    files = sorted(Path(settings.HOME, "log").glob(f"{name}-*.log"))
    return "\n".join(f"--- {log.name}\n{log.read_text(errors='replace')[-3000:]}" for log in files)
