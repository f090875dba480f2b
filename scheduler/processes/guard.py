"""Ends what a killed worker leaves behind: a program of its own, started by `guarding.py`.

Of the standard library alone, so that it starts soon and stays small. It reads lines from its input: `+17` a process was
started that leads session 17, `-17` that session has ended, `.` the worker ends and has left nothing. When the worker was
killed, its input is at its end: what lives of those sessions then gets TERM, and KILL after the grace. So does whatever
carries the worker's mark in its environment: a command may have killed the worker before it was told of, or have left its
session.
"""

import os
import signal
import sys
import time

POLL = 0.05  # seconds
LOOK = 0.3  # seconds that a look takes at least: a process that is just being started does not carry the mark yet
PROCESSES = "/proc"


def main(grace: float, mark: str) -> None:
    """Listen until the worker is gone, then end what it left."""
    leaders: set[int] = set()
    for line in sys.stdin:
        if line.startswith("."):
            return
        change = leaders.add if line.startswith("+") else leaders.discard
        change(int(line[1:]))
    told: set[int] = set()
    began = time.monotonic()
    while (left := members(leaders, mark)) or time.monotonic() < began + LOOK:
        tell([pid for pid in left if pid not in told], signal.SIGTERM)
        told.update(left)
        if time.monotonic() > began + grace:
            tell(left, signal.SIGKILL)
        time.sleep(POLL)


def members(leaders: set[int], mark: str) -> list[int]:
    """Return the processes of these sessions, or with the mark; where the system does not list them, the leaders."""
    listed = [int(name) for name in os.listdir(PROCESSES) if name.isdigit()] if os.path.isdir(PROCESSES) else list(leaders)  # noqa: PTH112, PTH208
    return [pid for pid in listed if (session(pid) in leaders or carries(pid, mark)) and not is_zombie(pid)]


def carries(pid: int, mark: str) -> bool:
    """Tell whether a process has the mark in its environment."""
    try:
        with open(f"{PROCESSES}/{pid}/environ", "rb") as environment:  # noqa: PTH123
            return mark.encode() in environment.read().split(b"\0")
    except OSError:
        return False


def is_zombie(pid: int) -> bool:
    """Tell whether a process has ended and nobody has asked how: it cannot be ended again."""
    try:
        with open(f"{PROCESSES}/{pid}/stat", "rb") as stat:  # noqa: PTH123
            return stat.read().rpartition(b") ")[2].startswith(b"Z")
    except OSError:
        return False


def session(pid: int) -> int | None:
    """Return the session of a process that lives."""
    try:
        return os.getsid(pid)
    except OSError:
        return None


def tell(pids: list[int], number: signal.Signals) -> None:
    """Signal those that still live."""
    for pid in pids:
        try:
            os.kill(pid, number)
        except OSError:
            continue


if __name__ == "__main__":
    main(float(sys.argv[1]), sys.argv[2])
