"""Fault points: each is where it says it is, arms as written, fires once, and is nothing when none is armed."""

import re
import time
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, connection

from scheduler import faults

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def whole_again():
    """Leave no broken connection to the tests that follow."""
    yield
    connection.close()


def test_every_point_stands_in_the_code_exactly_once_and_is_told():
    code = [
        path.read_text() for package in ("scheduler", "schedules", "notifications") for path in (ROOT / package).rglob("*.py")
    ]
    placed = re.findall(r'faults\.point\("([\w.]+)"\)', "\n".join(code))
    assert sorted(placed) == sorted(faults.POINTS)


def test_nothing_is_armed_by_default():
    assert faults._armed == {}
    faults.point("ring")


@pytest.mark.parametrize("text", ["ring", "ring=explode", "nowhere=kill", "ring=pause", "ring=kill@", "ring=pause:x"])
def test_what_is_no_fault_is_refused_by_name(text):
    with pytest.raises(ImproperlyConfigured, match=re.escape(repr(text))):
        faults.read(text)


def test_a_fault_fires_at_its_passage_and_once():
    fault = faults.read("ring=error@2;settle.moved=kill")["ring"]
    fault.pass_by()
    with pytest.raises(OperationalError):
        fault.pass_by()
    fault.pass_by()


def test_processes_that_share_a_directory_fail_once_together(tmp_path, monkeypatch):
    monkeypatch.setenv("CELERIAC_FAULT_DIR", str(tmp_path))
    first, second = (faults.read("ring=error")["ring"] for _ in range(2))
    with pytest.raises(OperationalError):
        first.pass_by()
    second.pass_by()


def test_a_pause_lasts_as_long_as_told():
    began = time.monotonic()
    faults.read("ring=pause:0.05")["ring"].pass_by()
    assert time.monotonic() - began >= 0.05


def test_a_point_costs_next_to_nothing_when_none_is_armed():
    began = time.process_time()
    for _ in range(100_000):
        faults.point("settle.moved")
    assert time.process_time() - began < 0.1
