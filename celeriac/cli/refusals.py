"""What the command refuses, and with which exit code it ends."""

from __future__ import annotations

FAILED = 1  # the run failed, or was cancelled
USAGE = 2  # what was asked for cannot be done: an option, a name, a file is wrong
SERVICE = 3  # the service is away, or does not let us in
BUG = 70  # ours


class Refused(Exception):
    """What was asked for cannot be done; the message is the one line that is told."""

    exit_code = USAGE
