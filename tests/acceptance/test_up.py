"""`up`, for real: from an empty home to an example that has run, and nothing left behind."""

from __future__ import annotations

import json
import os
import shlex
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import pytest
from django.conf import settings

from celeriac.cli import loading
from config import processes, service
from tests.running import wait_for

pytestmark = pytest.mark.alone  # a start has its bound, and is of ten processes

READY_LIMIT = 30.0  # seconds
EXAMPLE_RAN = [("Monthly orders", "SUCCESS")]
FROM_OUTSIDE = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "PORT", "WORKERS", "CELERIAC_OPEN_PLANNING")
SEEDS_LINE = r"""
curl -L -X POST -H "Content-Type: application/json" -d '{"t0": "2022-01-01 12:00", "t1": "2022-01-01 14:00", "policy": "{\"policy\": \"dummy\", \"config\": {}}"}' http://127.0.0.1:8010/api/v1/schedule
"""  # noqa: E501 - as it is printed


@dataclass(frozen=True, kw_only=True)
class Up:
    """A running `up`."""

    popen: subprocess.Popen[str]
    home: Path
    url: str

    @property
    def credentials(self) -> dict[str, str]:
        return dict(json.loads((self.home / "credentials.json").read_text()))

    def get(self, path: str) -> httpx.Response:
        headers = {"Authorization": f"Token {self.credentials['token']}"}
        return httpx.get(f"{self.url}/{path}", headers=headers, timeout=10, trust_env=False)

    def ready(self) -> bool:
        assert self.popen.poll() is None, "up has ended"
        try:
            return httpx.get(f"{self.url}/health/ready", timeout=5, trust_env=False).is_success
        except httpx.TransportError:
            return False

    def states(self) -> list[tuple[str, str]]:
        """Return name and state of all executions, newest first."""
        return [(run["name"], run["state"]) for run in self.get("scheduler/execution/list/").json()]

    def processes(self) -> list[psutil.Process]:
        """Return all that belongs to it: whatever it started, and the servers that left its tree."""
        servers = [
            psutil.Process(int(file.read_text().split()[0]))
            for file in (self.home / "postgres" / "postmaster.pid", self.home / "redis" / "redis.pid")
        ]
        return [*psutil.Process(self.popen.pid).children(recursive=True), *servers]

    def interrupt(self) -> str:
        """Press Ctrl-C; return what was printed."""
        self.popen.send_signal(signal.SIGINT)
        return self.popen.communicate(timeout=30)[0]


def _command(home: Path, port: int) -> subprocess.Popen[str]:
    environment = {name: value for name, value in os.environ.items() if name not in FROM_OUTSIDE}
    return subprocess.Popen(
        [sys.executable, "manage.py", "up"],
        cwd=settings.BASE_DIR,
        env={**environment, "CELERIAC_HOME": str(home), "PORT": str(port), "WORKERS": "1", "PYTHONUNBUFFERED": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        text=True,
    )


@contextmanager
def _up(home: Path, port: int | None = None) -> Iterator[Up]:
    port = port or processes.free_port()
    popen = _command(home, port)
    up = Up(popen=popen, home=home, url=f"http://127.0.0.1:{port}")
    try:
        wait_for(up.ready, "readiness", READY_LIMIT)
        yield up
    finally:
        if popen.poll() is None:
            popen.terminate()
            popen.communicate(timeout=30)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the home that the tests of this file share: the first one finds it empty."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def lived_in(home: Path) -> Path:
    """Return the same home, in which a service has run: in the first test, or where that is another process's, now."""
    if not (home / "credentials.json").exists():
        with _up(home) as up:
            wait_for(lambda: up.states() == EXAMPLE_RAN, "the example's success", READY_LIMIT)
            up.interrupt()
    return home


def test_the_first_start_runs_the_example_and_ctrl_c_leaves_nothing_behind(home: Path) -> None:
    with _up(home) as up:
        wait_for(lambda: up.states() == EXAMPLE_RAN, "the example's success", READY_LIMIT)
        file = home / "credentials.json"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert set(up.credentials) == {"url", "username", "password", "token"}
        assert up.credentials["url"] == up.url
        _plans_as_the_seed_shows(up)
        started = up.processes()
        assert {"postgres", "redis-server"} <= {process.name() for process in started}
        _no_secret_on_a_command_line(started, up)
        printed = up.interrupt()
        assert up.popen.returncode == 0
        assert up.credentials["token"] in printed
        assert [process for process in started if processes.alive(process)] == []


def _plans_as_the_seed_shows(up: Up) -> None:
    """Type the seed's line as it is printed but for the port, and the same with the slash: neither needs a token."""
    line = SEEDS_LINE.strip().replace("http://127.0.0.1:8010", up.url)
    for typed in (line, f"{line}/"):
        done = subprocess.run(["bash", "-c", typed], capture_output=True, text=True, check=True, timeout=20)
        answer = json.loads(done.stdout)
        assert (answer["status"], answer["message"]) == ("ok", "Success")
        first, *sleeps = answer["commands"].splitlines()
        assert first == "import time"
        assert sum(float(one[len("time.sleep(") : -1]) for one in sleeps) == pytest.approx(7200)


def _no_secret_on_a_command_line(started: list[psutil.Process], up: Up) -> None:
    known = json.loads((up.home / "embedded.json").read_text())
    redis_password = known["REDIS_URL"].split("@")[0].rpartition(":")[2]
    lines = " ".join(" ".join(process.cmdline()) for process in started)
    for secret in (known["SECRET_KEY"], redis_password, up.credentials["token"], up.credentials["password"]):
        assert secret not in lines


def test_a_second_start_keeps_data_and_credentials_and_brings_back_what_dies(lived_in: Path) -> None:
    before = json.loads((lived_in / "credentials.json").read_text())
    with _up(lived_in) as up:
        assert up.credentials["token"] == before["token"]
        wait_for(lambda: up.states() == EXAMPLE_RAN * 2, "the example's second success", READY_LIMIT)
        _refuses_a_second_one(lived_in)
        _refuses_a_taken_port(lived_in.with_name("other"))
        _kill(up, "redis-server", "uvicorn", "worker")
        wait_for(lambda: not up.ready(), "the failure")
        wait_for(up.ready, "recovery", READY_LIMIT)
        printed = up.interrupt()
        assert up.popen.returncode == 0
        assert before["password"] not in printed


def _refuses_a_second_one(home: Path) -> None:
    second = _command(home, processes.free_port())
    printed = second.communicate(timeout=20)[0]
    assert second.returncode != 0
    assert "already running" in printed
    assert "Traceback" not in printed


def _refuses_a_taken_port(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = _command(home, port)
        printed = refused.communicate(timeout=20)[0]
    assert refused.returncode != 0
    assert printed.strip() == f"CommandError: Port {port} is taken. Choose another one: PORT={port + 1} make up"
    assert not (home / "postgres" / "postmaster.pid").exists()


def _kill(up: Up, *names: str) -> None:
    running = up.processes()
    for name in names:
        found = [process for process in running if name in " ".join([process.name(), *process.cmdline()])]
        assert found, f"no {name} is running"
        found[0].kill()  # of a worker's processes the first one is the parent of the others
        running.remove(found[0])


def test_what_is_offered_to_type_next_can_be_typed() -> None:
    with service.console.capture() as captured:
        service._tell_next()
    lines = [shlex.split(line) for line in captured.get().splitlines()[1:]]
    assert [line[-1] for line in lines] == ["status", "tree", "examples/first_job.py"]
    home, command = lines[0][:2]
    assert home == f"CELERIAC_HOME={settings.HOME}"
    assert Path(command).exists()
    assert loading.job(settings.BASE_DIR / lines[2][-1]).name == "First job"
