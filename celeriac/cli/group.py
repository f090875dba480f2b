"""The commands, each loaded when it is called: `celeriac --help` imports none of them, nor the client, nor rich."""

from __future__ import annotations

import importlib
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

COMMANDS = {
    "run": "Run the job that a file defines, and watch it.",
    "submit": "Have the service run the job of a file at its times.",
    "list": "List the jobs, or the tasks of one.",
    "status": "Tell what runs now, or how a job stands.",
    "log": "Show the latest runs of a job, or what they said.",
    "cancel": "Cancel a run.",
    "rerun": "Run again what failed, or from where you say.",
    "graph": "Draw a job: as a tree, or into a file.",
    "policy": "List the planning policies, or plan by one.",
    "spec": "Plan, submit, look at and abort job specs.",
    "plan": "Show what a job spec would do, and where.",
    "apply": "Make jobs what files say they are.",
    "export": "Write jobs as a file that `apply` takes.",
    "delete": "Delete jobs, by their exact names.",
    "node": "Tell of the machines that work.",
    "login": "Save where the service is, and the token to use there.",
    "logout": "Forget the saved login.",
    "up": "Run the whole service on this machine.",
}
CODES = "Exit codes: 1 the run failed or was cancelled, 2 usage, 3 the service is away or refuses."


class Command(TyperCommand):
    """A command that is known by its name and one line, until it is called."""

    def make_context(self, *args: Any, **kwargs: Any) -> Any:
        """Hand over to the command itself."""
        return load(self.name or "").make_context(*args, **kwargs)


class Commands(TyperGroup):
    """The commands by name."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names, in the order of a day's work."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a command that loads itself when it is called."""
        return Command(cmd_name, help=COMMANDS[cmd_name]) if cmd_name in COMMANDS else None

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command, or suggest one."""
        self.commands = dict.fromkeys(COMMANDS)  # type: ignore[assignment]  # only their names are looked at
        return super().resolve_command(ctx, args)


def load(name: str) -> Any:
    """Import the module of a command and return the command."""
    module = importlib.import_module(f"celeriac.cli.{name}_command")
    command = typer.main.get_command(module.app)
    command.name = name
    return command


def new() -> typer.Typer:
    """Return what a module declares its command on."""
    return typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


application = typer.Typer(
    cls=Commands, rich_markup_mode=None, pretty_exceptions_enable=False, no_args_is_help=True, epilog=CODES
)


def _version(wanted: bool) -> None:
    if wanted:
        try:
            typer.echo(importlib.import_module("importlib.metadata").version("celeriac"))
        except ImportError:
            typer.echo("not installed: a checkout")
        raise typer.Exit


@application.callback()
def celeriac(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Tell the version and exit.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of what went wrong; may stand anywhere.")] = False,
) -> None:
    """Define, run, schedule and watch pipelines of the Celeriac service."""
