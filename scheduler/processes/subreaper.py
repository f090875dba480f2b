"""Adopting orphans instead of init, so that what was started is found however it was detached.

Of the standard library alone: the supervisors of services use it.
"""

from __future__ import annotations

import ctypes

_SET_CHILD_SUBREAPER = 36  # prctl(2)


def adopt_orphans(on: bool) -> None:
    """Have this process adopt what descends from it and has lost its parent, or not any more (Linux)."""
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl is not None:  # elsewhere than on Linux an orphan of another session is out of sight
        prctl(_SET_CHILD_SUBREAPER, int(on), 0, 0, 0)
