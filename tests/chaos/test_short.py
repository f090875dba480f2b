"""The short form of chaos: the promises of recovery hold, on servers of its own that no other test notices."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.chaos import scenarios
from tests.running import TIMES

ROOT = Path(__file__).resolve().parents[2]
NAMES = [name for name in scenarios.ALL if name in scenarios.SHORT]


@pytest.mark.alone  # its bounds are those of a service that gets the time it needs
@pytest.mark.timeout(600)
@pytest.mark.parametrize("names", [NAMES[::2], NAMES[1::2]], ids=["one half", "the other"])
def test_every_scenario_of_the_short_form_holds(tmp_path: Path, names: list[str]) -> None:
    inherited = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL", *TIMES}}
    done = subprocess.run(
        [sys.executable, "-m", "tests.chaos", "--short", *names],
        cwd=ROOT,
        env=inherited | {"CELERIAC_HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr[-20_000:]
    assert f"{len(names)} of {len(names)} scenarios hold" in done.stdout
