"""Production settings: Django's own check for them is clean, and a service without a secret does not start."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def check(**environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env={**os.environ, "SECRET_KEY": secrets.token_urlsafe(50), "HTTPS": "1", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_deployment_check_is_clean() -> None:
    done = check(ALLOWED_HOSTS="celeriac.example")
    assert (done.returncode, "no issues" in done.stdout + done.stderr) == (0, True), done.stderr


@pytest.mark.parametrize("careless", [{"DEBUG": "1"}, {"HTTPS": "0"}, {"SECRET_KEY": "short"}])
def test_the_deployment_check_sees_carelessness(careless) -> None:
    assert check(**careless).returncode == 1
