"""Processes and ports of this machine: who lives, who is gone, what is free."""

from __future__ import annotations

import signal
import socket
import time
from pathlib import Path

import psutil


def alive(process: psutil.Process) -> bool:
    """Tell whether the process still runs; one that is dead but not yet reaped by its parent does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def from_pid_file(file: Path, name: str) -> psutil.Process | None:
    """Return the living process whose id is the file's first line, if it is the named program."""
    try:
        process = psutil.Process(int(file.read_text().split()[0]))
        return process if name in process.name() and alive(process) else None
    except (FileNotFoundError, ValueError, IndexError, psutil.Error):
        return None


def named(name: str, *, working_in: Path) -> list[psutil.Process]:
    """Return the living processes of that name whose working directory is `working_in`."""
    return [process for process in psutil.process_iter() if _is(process, name, working_in) and alive(process)]


def _is(process: psutil.Process, name: str, directory: Path) -> bool:
    try:
        return process.name() == name and process.cwd() == str(directory)
    except psutil.Error:
        return False


def end(process: psutil.Process, how: signal.Signals, limit: float) -> None:
    """Send the signal, wait until the process is gone, and kill it after `limit` seconds."""
    try:
        process.send_signal(how)
        if not gone(process, limit):
            process.kill()
            gone(process, limit)
    except psutil.NoSuchProcess:
        pass


def gone(process: psutil.Process, limit: float) -> bool:
    """Wait until the process is gone, at most `limit` seconds; tell whether it is."""
    until = time.monotonic() + limit
    while alive(process):
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on at present."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def port_is_free(port: int) -> bool:
    """Tell whether this process may listen on the port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: a closing connection does not count
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
