"""The log of a job looks as it has always looked: each shape, flat and as a tree, in colour and plain, narrow and wide.

After a change that is meant, `CELERIAC_WRITE_GOLDEN=1` writes the files anew; read them before they are committed.
"""

from __future__ import annotations

import io
import os
from datetime import UTC
from pathlib import Path

import pytest
from rich.console import Console

from celeriac.render import lines, logs
from tests.cli.executions import SHAPES, STATES, execution

GOLDEN = Path(__file__).parent / "golden"


def drawn(shape: str, style: logs.Style, width: int, *, colour: bool) -> str:
    """Return the log of two runs on a screen that many columns wide."""
    file = io.StringIO()
    console = Console(
        file=file,
        width=width,
        force_terminal=True,
        color_system="standard" if colour else None,
        no_color=not colour,
        legacy_windows=False,
        _environ={},
    )
    runs = [execution(shape, STATES, pk=13, state="RUNNING", parent_run=12), execution(shape, ["SUCCESS"], pk=12)]
    lines.show(console, logs.job_log("TestJob", runs, style, UTC))
    return file.getvalue()


@pytest.mark.parametrize("colour", [True, False], ids=["colour", "plain"])
@pytest.mark.parametrize("width", [60, 200])
@pytest.mark.parametrize("style", logs.Style)
@pytest.mark.parametrize("shape", SHAPES)
def test_the_log_of_a_job_is_drawn_as_ever(shape: str, style: logs.Style, width: int, colour: bool) -> None:
    golden = GOLDEN / f"{shape}.{style}.{width}.{'ansi' if colour else 'txt'}"
    text = drawn(shape, style, width, colour=colour)
    if os.environ.get("CELERIAC_WRITE_GOLDEN"):
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(text)
    assert text == golden.read_text()
