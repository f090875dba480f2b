"""`celeriac rerun`: what failed, or from where one says; what succeeded before is reused."""

from __future__ import annotations

from typing import Annotated

import typer

from celeriac.cli import finding, group, options, watching
from celeriac.cli.options import AsJson, OptionalName, Params, Project, Run, Wait
from celeriac.cli.refusals import Refused
from celeriac.client import Client
from celeriac.client.shapes import Execution

app = group.new()
WORDS = ("failed", "start")


@app.command()
def rerun(
    name: OptionalName = None,
    *,
    start: Annotated[
        list[str] | None,
        typer.Option("--from", help="`failed`, `start`, or a task by name or key; may be repeated.  [default: failed]"),
    ] = None,
    run: Run = None,
    param: Params = None,
    latest: Annotated[bool, typer.Option("--latest", help="Of the job as it is now, not as it was.")] = False,
    wait: Wait = True,
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """Run the job's latest run again, from what failed; what succeeded before is reused. Exit with 1 where it fails."""
    params = options.params(param)
    with Client() as client:
        before = finding.run(client, name, run, project)
        again = client.executions.rerun(
            before["graph_id"],
            _starts(before, start or ["failed"]),  # type: ignore[arg-type]  # one of the words, or keys
            params=params or None,
            revision="latest" if latest else "same",
        )
        watching.started(client, again, wait=wait, as_json=as_json)


def _starts(before: Execution, told: list[str]) -> str | list[str]:
    """Return where to start as the API takes it: a word, unless a task is named so, or the keys of tasks."""
    if len(told) == 1 and told[0] in WORDS and not finding.tasks(before, told[0]):
        return told[0]
    keys: list[str] = []
    for wanted in told:
        found = finding.tasks(before, wanted)
        if not found:
            raise Refused(f"Execution {before['graph_id']} has no task `{wanted}`.")
        keys += [task["key"] for task in found]
    return keys
