"""What was measured, and the floor it is held to."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Floor:
    """The least, or the most, that a figure may be."""

    bound: float
    least: bool = False

    def held(self, value: float) -> bool:
        """Tell whether the value is within it."""
        return value >= self.bound if self.least else value <= self.bound

    def __str__(self) -> str:
        return f"{'at least' if self.least else 'at most'} {self.bound:g}"


def at_least(bound: float) -> Floor:
    """Return a floor from below."""
    return Floor(bound, least=True)


def at_most(bound: float) -> Floor:
    """Return a floor from above."""
    return Floor(bound)


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One number."""

    case: str
    name: str
    value: float
    unit: str
    floor: Floor | None = None

    def as_json(self) -> dict[str, Any]:
        """Return it with whether its floor is held, null where it has none."""
        held = {"floor": str(self.floor), "held": self.floor.held(self.value)} if self.floor else {"floor": None, "held": None}
        return {"case": self.case, "name": self.name, "value": round(self.value, 4), "unit": self.unit, **held}


@dataclass(kw_only=True)
class Series:
    """Repeated measurements of the same work: seconds each, jobs in one, peak memory in bytes over all."""

    jobs: int
    seconds: list[float] = field(default_factory=list)
    peak: int = 0

    @property
    def ms_per_job(self) -> float:
        """The median's."""
        return percentile(self.seconds, 50) / self.jobs * 1000

    def as_json(self) -> dict[str, Any]:
        """Return the measurements and what follows from them."""
        return {
            "seconds": [round(one, 4) for one in self.seconds],
            "p50": round(percentile(self.seconds, 50), 4),
            "p95": round(percentile(self.seconds, 95), 4),
            "jobs_per_second": round(1000 / self.ms_per_job, 1),
            "ms_per_job": round(self.ms_per_job, 3),
            "peak_memory_mb": round(self.peak / 1e6, 1),
        }


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """The same work done by both in turn; `canvas` is None where it cannot do it."""

    case: str
    name: str
    ours: Series
    canvas: Series | None = None
    floor: Floor | None = None

    @property
    def ratios(self) -> list[float]:
        """How many times faster than canvas, pair by pair."""
        return (
            [theirs / ours for ours, theirs in zip(self.ours.seconds, self.canvas.seconds, strict=True)] if self.canvas else []
        )

    @property
    def ratio(self) -> float | None:
        """The median of the pairs."""
        return statistics.median(self.ratios) if self.ratios else None

    def as_json(self) -> dict[str, Any]:
        """Return both sides and their ratio."""
        return {
            "case": self.case,
            "name": self.name,
            "jobs": self.ours.jobs,
            "celeriac": self.ours.as_json(),
            "canvas": self.canvas.as_json() if self.canvas else None,
            "ratios": [round(one, 3) for one in self.ratios],
            "ratio": round(self.ratio, 3) if self.ratio else None,
            "floor": str(self.floor) if self.floor else None,
            "held": self.floor.held(self.ratio) if self.floor and self.ratio else None,
        }


Measured = Figure | Comparison


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that `share` percent of them do not exceed; the median of an even number lies between two."""
    if share == 50:
        return statistics.median(values)
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -(-len(ordered) * int(share) // 100) - 1))]


def quantiles(case: str, name: str, seconds: Sequence[float], floors: dict[int, Floor]) -> list[Figure]:
    """Return p50 and p95 in ms, each with its floor if it has one."""
    return [
        Figure(case=case, name=f"{name}, p{share}", value=percentile(seconds, share) * 1000, unit="ms", floor=floors.get(share))
        for share in (50, 95)
    ]
