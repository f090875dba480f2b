"""The text of a plan: lines for the telescope's control, which runs them as Python."""

from __future__ import annotations

from schedules.policies.basic.observations import Scan
from schedules.policies.plan import Block

PREAMBLE = (
    "from sorunlib import *",
    "from nextline import disable_trace",
    "",
    "with disable_trace():",
    "    initialize(test_mode=True)",
    "",
    "smurf.uxm_setup()",
    "smurf.iv_curve()",
    "",
)


def commands(scan: Scan) -> tuple[str, ...]:
    """Return the lines of one scan, the last one empty. Its name is written as Python would, whatever it holds."""
    comment = " ".join(scan.name.split())  # a comment ends with its line
    return (
        f"# {comment}",
        f"acu.move_to({scan.az:.2f}, {scan.alt:.2f})",
        "smurf.bias_dets()",
        f"wait_until('{scan.start.isoformat()}')",
        "smurf.bias_step()",
        f"seq.scan(description={scan.name!r}, stop_time='{scan.end.isoformat()}', width={scan.throw:.2f})",
        "smurf.bias_step()",
        "",
    )


def block(scan: Scan) -> Block:
    """Return a scan as a block of a plan; angles are told to the hundredth of a degree, as they are commanded."""
    look = {"az": round(scan.az, 2), "alt": round(scan.alt, 2), "throw": round(scan.throw, 2)}
    crossing = {"crossing": scan.crossing.isoformat()} if scan.crossing else {}
    return Block(
        name=scan.name,
        start=scan.start,
        end=scan.end,
        kind=scan.kind,
        commands=commands(scan),
        details={**look, **crossing, **scan.details},
    )
