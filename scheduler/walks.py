"""Which walk holds a claim: the Celery message that it came with, and the pool process that does it.

The process is what recovery goes by: it is known to be dead as soon as it is, while Celery tells of it many seconds later,
and of two deliveries of one message only one may have died.
"""

from __future__ import annotations

import os

import psutil

MAX_MESSAGE_ID = 120  # characters; Celery's own have 36, forged ones any number


def name(message_id: str) -> str:
    """Return what a claim of this process says of its walk."""
    return f"{message_id[:MAX_MESSAGE_ID]}@{os.getpid()}"


def message(walk_id: str) -> str:
    """Return the message of a walk."""
    return walk_id.rpartition("@")[0] or walk_id


def lives(walk_id: str) -> bool:
    """Tell whether the process of a walk of this machine's lives; where it is not told, its message has to tell."""
    pid = walk_id.rpartition("@")[2]
    if "@" not in walk_id or not pid.isdigit():
        return True
    try:
        return bool(psutil.Process(int(pid)).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
