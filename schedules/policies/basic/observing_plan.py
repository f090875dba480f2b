"""A plan that knows the sky it was made for, and can draw it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from schedules.policies.basic.picture import draw
from schedules.policies.basic.sources import Sky
from schedules.policies.plan import Plan


@dataclass(frozen=True, kw_only=True)
class ObservingPlan(Plan):
    """Scans, and the sky over them."""

    sky: Sky = field(repr=False)
    targets: tuple[str, ...]
    t0: datetime
    t1: datetime

    def picture(self) -> str:
        """Return the timeline as SVG: the altitude of the sun and the targets, and the scans below."""
        tracks = {target: self.sky.track(target) for target in dict.fromkeys(("sun", *self.targets))}
        return draw(self.blocks, tracks, self.t0, self.t1)
