"""One supervisor (supervisord) over web, worker and beat: what dies is started again.

It runs in a session of its own, so that Ctrl-C in the terminal reaches only `up`, which then stops it in order;
`supervisorctl -c var/supervisord.conf status` asks it how its programs are.
Secrets reach the programs through the environment; neither the configuration nor a command line has any.
"""

from __future__ import annotations

import contextlib
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from configparser import RawConfigParser
from hashlib import sha256
from pathlib import Path

import psutil

from config import processes

STOP_LIMIT = 25  # seconds until what has not stopped is killed
MAX_SOCKET_PATH = 90  # bytes: the system allows 107, and supervisord adds its pid while it makes it
PROGRAM = {
    "autorestart": "true",
    "startsecs": "3",  # what ends sooner has not started, and is tried again at growing distances
    "startretries": "1000000",  # never give up: the database may be away for an hour
    "killasgroup": "true",  # and TERM goes to the main process alone: a worker ends its pool itself, in good order
    "stopwaitsecs": "20",  # a worker needs CELERIAC_TERM_GRACE, and for stubborn commands CELERIAC_KILL_GRACE
    "redirect_stderr": "true",
    "stdout_logfile_maxbytes": "10MB",
    "stdout_logfile_backups": "3",
}


class SupervisorError(Exception):
    """The supervisor does not start."""


class Supervisor:
    """The supervisor of one home directory; `directory` holds its configuration, pid and the logs."""

    def __init__(self, directory: Path, programs: Mapping[str, Sequence[str]]) -> None:
        """Name what is to be kept running: `programs` maps a name to its command line."""
        self.directory = directory
        self.programs = programs
        self._tree: list[psutil.Process] = []

    @property
    def logs(self) -> Path:
        """Return the directory of the logs, one file per program."""
        return self.directory / "log"

    def start(self) -> None:
        """Write the configuration and start; whatever an earlier life left behind is ended first.

        Raises SupervisorError when it does not stay.
        """
        self.stop()
        self.logs.mkdir(exist_ok=True)
        config = self.directory / "supervisord.conf"
        with config.open("w") as file:
            self._config().write(file)
        errors = self.logs / "supervisord.err"
        with errors.open("w") as output:
            popen = subprocess.Popen(
                [sys.executable, "-W", "ignore", "-m", "supervisor.supervisord", "--nodaemon", "--configuration", str(config)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,  # the same lines are in its log file
                stderr=output,
                start_new_session=True,
            )
        while not self.running():
            if popen.poll() is not None:
                raise SupervisorError(f"The supervisor does not start: {errors.read_text().strip()}")
            time.sleep(0.01)
        self._wake()

    def running(self) -> bool:
        """Tell whether the supervisor lives; remembers what runs under it, so that `stop` can end all of it."""
        process = self._process()
        if process is not None:
            self._tree = _with_descendants(process)
        return process is not None

    def stop(self) -> None:
        """Stop the supervisor and everything under it; return when nothing of it is left."""
        process = self._process()
        if process is not None:
            self._tree = [*_with_descendants(process), *self._tree]
            process.send_signal(signal.SIGTERM)
            self._wake()
            processes.gone(process, STOP_LIMIT)
        for left_over in self._tree:
            processes.end(left_over, signal.SIGKILL, STOP_LIMIT)
        self._tree = []

    def _process(self) -> psutil.Process | None:
        return processes.from_pid_file(self.directory / "supervisord.pid", "python")

    @property
    def _socket(self) -> Path:
        inside = self.directory / "supervisor.sock"
        if len(bytes(inside)) <= MAX_SOCKET_PATH:
            return inside
        return Path(tempfile.gettempdir()) / f"celeriac-{sha256(bytes(inside)).hexdigest()[:16]}.sock"

    def _wake(self) -> None:
        """Knock at its socket: it looks at what there is to do once a second, or when somebody knocks."""
        until = time.monotonic() + 1
        while time.monotonic() < until:
            with socket.socket(socket.AF_UNIX) as knock, contextlib.suppress(OSError):
                knock.connect(str(self._socket))
                return
            time.sleep(0.01)

    def _config(self) -> RawConfigParser:
        config = RawConfigParser()
        config["supervisord"] = {
            "logfile": _literal(self.logs / "supervisord.log"),
            "pidfile": _literal(self.directory / "supervisord.pid"),
            "childlogdir": _literal(self.logs),
        }
        config["unix_http_server"] = {"file": _literal(self._socket), "chmod": "0700"}
        config["supervisorctl"] = {"serverurl": f"unix://{_literal(self._socket)}"}
        config["rpcinterface:supervisor"] = {
            "supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface"
        }
        config["group:celeriac"] = {"programs": ",".join(self.programs)}  # stopped together, not one after another
        for name, command in self.programs.items():
            config[f"program:{name}"] = {
                "command": _literal(shlex.join(command)),
                "directory": _literal(Path.cwd()),
                "stdout_logfile": _literal(self.logs / f"{name}.log"),
                **PROGRAM,
            }
        return config


def _literal(value: Path | str) -> str:
    """Escape what supervisord would expand or take for a comment's start."""
    return str(value).replace("%", "%%")


def _with_descendants(process: psutil.Process) -> list[psutil.Process]:
    try:
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []
