"""The `celeriac` command."""

from celeriac.cli.entry import main

__all__ = ["main"]
