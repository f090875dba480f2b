"""A command that knows the service under test, and nothing of the machine it runs on."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.architecture.sources import ROOT
from tests.conftest import Service

SCRIPT = """
from celeriac import Job, Task

job = Job("{name}")
sync = Task("Sync Data", "echo reading; echo done")
left, right = Task("Feature Engineering1", "echo left"), Task("Feature Engineering2", "echo right")
learn, mail = Task("Machine Learning", "{command}"), Task("Send Email", "true")
sync >> [left, right] >> learn >> mail
job.add_task(sync, left, right, learn, mail)
job.run()
"""


@pytest.fixture(autouse=True)
def nothing_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep the command from logins, services and settings of whoever runs the tests."""
    for name in ("CELERIAC_URL", "CELERIAC_TOKEN", "CELERIAC_DEBUG", "FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("CELERIAC_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))  # processes that a test starts are not in the repository's folder
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def here(service: Service, monkeypatch: pytest.MonkeyPatch) -> Service:
    """Return the service that the command finds."""
    monkeypatch.setenv("CELERIAC_URL", service.url)
    monkeypatch.setenv("CELERIAC_TOKEN", service.token)
    return service


def script(folder: Path, name: str = "TestJob", command: str = "true") -> Path:
    """Write a script that defines the seed's job; return it."""
    file = folder / f"{name}.py"
    file.write_text(SCRIPT.format(name=name, command=command))
    return file
