"""`celeriac --help` is quick, because it loads nothing of what the commands need; and it tells the truth about them."""

from __future__ import annotations

import subprocess
import sys

import pytest

from celeriac.cli import group
from tests.architecture.sources import ROOT
from tests.cli.calling import call, done

HEAVY = ("httpx", "rich", "yaml", "asyncio", "PIL", "jinja2", "celeriac.client", "celeriac.job", "celeriac.render")


def test_help_loads_neither_a_command_nor_what_they_need() -> None:
    program = "import sys; from celeriac.cli import main\ntry: main()\nfinally: print(*sys.modules, file=sys.stderr)"
    ran = subprocess.run([sys.executable, "-c", program, "--help"], capture_output=True, text=True, check=True)
    loaded = set(ran.stderr.split())
    assert [name for name in loaded if name in HEAVY or name.endswith("_command")] == []
    assert "celeriac.cli.group" in loaded


def test_help_names_every_command() -> None:
    told = done("--help").out
    assert [name for name in group.COMMANDS if f"  {name} " not in told] == []


@pytest.mark.parametrize("name", group.COMMANDS)
def test_a_command_is_there_and_tells_of_itself(name: str) -> None:
    assert done(name, "--help").out.startswith(f"Usage: celeriac {name}")


@pytest.mark.parametrize("name", [name for name in group.COMMANDS if name != "up"])
def test_every_command_speaks_json(name: str) -> None:
    below = getattr(group.load(name), "commands", {"": None})
    assert [verb for verb in below if "--json" not in done(name, *filter(None, [verb]), "--help").out] == []


def test_a_command_that_is_not_there_is_a_fault_of_usage() -> None:
    said = call("lst")
    assert said.code == 2
    assert "Did you mean 'list'" in said.err


def test_an_option_that_is_not_there_is_a_fault_of_usage() -> None:
    assert call("list", "--colour").code == 2


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_complete_the_commands(shell: str) -> None:
    environment = {"_CELERIAC_COMPLETE": f"complete_{shell}", "COMP_WORDS": "celeriac l", "COMP_CWORD": "1"}
    environment |= {"_TYPER_COMPLETE_ARGS": "celeriac l", "_TYPER_COMPLETE_FISH_ACTION": "get-args", "PYTHONPATH": str(ROOT)}
    program = "import sys; sys.argv = ['celeriac']; from celeriac.cli import main; main()"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment, check=False)
    assert all(name in ran.stdout for name in ("list", "log", "login", "logout")), ran.stderr
