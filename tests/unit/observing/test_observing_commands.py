"""The text of a plan, letter by letter."""

from __future__ import annotations

import ast

from schedules.policies.basic.commands import PREAMBLE, block, commands
from schedules.policies.plan import Plan
from tests.unit.observing.making import at, scan

GOLDEN = """\
from sorunlib import *
from nextline import disable_trace

with disable_trace():
    initialize(test_mode=True)

smurf.uxm_setup()
smurf.iv_curve()

# south east
acu.move_to(115.00, 50.00)
smurf.bias_dets()
wait_until('2026-03-01T00:00:00+00:00')
smurf.bias_step()
seq.scan(description='south east', stop_time='2026-03-01T00:56:00+00:00', width=50.00)
smurf.bias_step()

# uranus
acu.move_to(301.24, 54.32)
smurf.bias_dets()
wait_until('2026-03-01T01:00:00+00:00')
smurf.bias_step()
seq.scan(description='uranus', stop_time='2026-03-01T01:30:00.500000+00:00', width=2.35)
smurf.bias_step()

"""


def test_the_text_is_what_the_telescopes_control_expects() -> None:
    south_east = scan(0, 3360, name="south east", az=115, alt=50, throw=50)
    uranus = scan(3600, 5400.5, name="uranus", kind="calibration", az=301.2449, alt=54.321, throw=2.345678, crossing=at(4500))
    plan = Plan(preamble=PREAMBLE, blocks=[block(south_east), block(uranus)])
    assert plan.commands() == GOLDEN
    ast.parse(plan.commands())


def test_a_plan_of_nothing_is_the_preamble() -> None:
    assert Plan(preamble=PREAMBLE, blocks=[]).commands() == GOLDEN.partition("# south east")[0]


def test_a_name_stays_a_name_whatever_it_holds() -> None:
    lines = commands(scan(0, 10, name="x'); import os\nos.remove('\\"))
    assert not any("\n" in line for line in lines)
    calls = [node.func for node in ast.walk(ast.parse("\n".join(lines))) if isinstance(node, ast.Call)]
    assert [ast.unparse(call) for call in calls] == [
        "acu.move_to", "smurf.bias_dets", "wait_until", "smurf.bias_step", "seq.scan", "smurf.bias_step",
    ]  # fmt: skip


def test_a_block_tells_what_is_known_of_its_scan() -> None:
    made = block(scan(0, 10, kind="calibration", az=1.005, crossing=at(5), details={"target": "mars", "mode": "rising"}))
    assert (made.name, made.kind, made.start, made.end) == ("field", "calibration", at(0), at(10))
    assert made.details == {
        "az": 1.0, "alt": 50.0, "throw": 20.0, "crossing": "2026-03-01T00:00:05+00:00", "target": "mars", "mode": "rising",
    }  # fmt: skip
