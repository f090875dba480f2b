"""Times as seconds since 1970 in arrays, and the runs of samples that something holds for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Mask: TypeAlias = NDArray[np.bool_]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
NEGLIGIBLE = 1e-6  # of a step: a sample so close before the end would be the end twice


def seconds(moment: datetime) -> float:
    """Return an aware time in seconds since 1970."""
    return (moment - EPOCH) / SECOND


def moment(value: float) -> datetime:
    """Return the time in UTC of so many seconds since 1970, to the microsecond."""
    return EPOCH + timedelta(seconds=float(value))


def samples(start: datetime, end: datetime, step: float) -> Floats:
    """Return times from start to end, both among them, `step` seconds apart but for the last."""
    first, last = seconds(start), seconds(end)
    count = max(ceil((last - first) / step - NEGLIGIBLE), 1)
    return np.append(first + step * np.arange(count), last)


def runs(mask: Mask) -> Iterator[slice]:
    """Yield each longest run of true samples."""
    edges = np.flatnonzero(np.diff(mask.astype(np.int8), prepend=0, append=0))
    for first, after in edges.reshape(-1, 2).tolist():
        yield slice(first, after)


def widened(mask: Mask, by: int) -> Mask:
    """Return the mask with every run made longer by so many samples on either side."""
    wide = np.zeros_like(mask)
    for run in runs(mask):
        wide[max(run.start - by, 0) : run.stop + by] = True
    return wide
