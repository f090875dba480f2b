"""Ends what a killed worker leaves behind: a program of its own, started by `guarding.py`.

Of the standard library alone, so that it starts soon and stays small. It reads lines from its input: `+17` a process was
started that leads session 17, `-17` that session has ended. When the worker is gone, its input is at its end: what lives
of those sessions then gets TERM, and KILL after the grace.
"""

import os
import signal
import sys
import time

POLL = 0.05  # seconds
PROCESSES = "/proc"


def main(grace: float) -> None:
    """Listen until the worker is gone, then end what it left."""
    leaders: set[int] = set()
    for line in sys.stdin:
        change = leaders.add if line.startswith("+") else leaders.discard
        change(int(line[1:]))
    tell(members(leaders), signal.SIGTERM)
    limit = time.monotonic() + grace
    while (left := members(leaders)) and time.monotonic() < limit:
        time.sleep(POLL)
    tell(left, signal.SIGKILL)


def members(leaders: set[int]) -> list[int]:
    """Return the processes of these sessions; where the system does not list them, their leaders."""
    if not leaders:
        return []
    listed = [int(name) for name in os.listdir(PROCESSES) if name.isdigit()] if os.path.isdir(PROCESSES) else list(leaders)  # noqa: PTH112, PTH208
    return [pid for pid in listed if session(pid) in leaders]


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
    main(float(sys.argv[1]))
