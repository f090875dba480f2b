"""What the exit of a process is called."""

from __future__ import annotations

import signal


def signal_name(number: int) -> str:
    """Return the name of a signal."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
