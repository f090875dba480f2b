"""`celeriac policy`: the planning policies there are, and the plans that they make."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from celeriac.cli import group, screen, watching
from celeriac.cli.options import AsJson, Wait
from celeriac.cli.refusals import Refused
from celeriac.client import Client
from celeriac.render.controls import shown

app = group.new()

Policy = Annotated[str | None, typer.Argument(metavar="[POLICY]", help="Its name; without one, all are listed.")]
Start = Annotated[str | None, typer.Argument(metavar="[T0]", help="Plan from here: '2027-03-14 18:00', in UTC unless told.")]
End = Annotated[str | None, typer.Argument(metavar="[T1]", help="Plan until here.")]
Config = Annotated[str | None, typer.Option("--config", "-c", help="What the policy is told: JSON, or @FILE (JSON or YAML).")]
Preset = Annotated[str | None, typer.Option("--preset", help="A preset of the policy, by its name or id:NUMBER.")]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="Write to this file: the commands, or a .svg drawn.")]
Launch = Annotated[bool, typer.Option("--launch", help="Do the plan's blocks at their times; see --driver and --command.")]
Project = Annotated[int | None, typer.Option("--project", help="Of a launch: the id of the project.")]
Driver = Annotated[str | None, typer.Option("--driver", help="Of a launch: of the blocks' tasks.")]
Line = Annotated[str | None, typer.Option("--command", help="Of a launch: what does a block.")]
Queue = Annotated[str | None, typer.Option("--queue", help="Of a launch: where the blocks run.")]


@app.command()
def policy(
    name: Policy = None,
    t0: Start = None,
    t1: End = None,
    *,
    config: Config = None,
    preset: Preset = None,
    output: Output = None,
    launch: Launch = False,
    project: Project = None,
    driver: Driver = None,
    command: Line = None,
    queue: Queue = None,
    wait: Wait = True,
    as_json: AsJson = False,
) -> None:
    """List the planning policies, tell what one can be told, or print the schedule of commands that it plans."""
    how = {"project": project, "driver": driver, "command": command, "queue": queue}
    how = {key: value for key, value in how.items() if value is not None}
    _check(t0, t1, launch=launch, how=how, output=output)
    with Client() as client:
        if name is None:
            _list(client, as_json)
        elif t0 is None or t1 is None:
            _tell(client, name, as_json)
        else:
            told: dict[str, Any] = {"config": _config(config), "preset": _preset(preset)}
            if launch:
                made = client.policies.launch(name, t0, t1, **told, **how)  # type: ignore[arg-type]  # as its fields are
                watching.started(client, made["execution"], wait=wait, as_json=as_json)
            elif output is not None and output.suffix == ".svg":
                _write(output, client.policies.picture(name, t0, t1, **told))
            else:
                _show(client.policies.plan(name, t0, t1, **told, blocks=as_json), output, as_json)


def _check(t0: str | None, t1: str | None, *, launch: bool, how: Mapping[str, Any], output: Path | None) -> None:
    if t0 is not None and t1 is None:
        raise Refused("Say until when to plan: POLICY T0 T1.")
    if t0 is None and (launch or output):
        raise Refused("Say from when until when to plan: POLICY T0 T1.")
    if how and not launch:
        raise Refused(f"--{min(how)} is for a launch: say --launch too.")
    if launch and output:
        raise Refused("A launch writes no file: say --launch or --output.")


def _list(client: Client, as_json: bool) -> None:
    found = client.policies.list()
    if as_json:
        screen.as_json(found)
        return
    for one in found:
        screen.tell(f"{shown(one['name'])}  {shown(one['description'].splitlines()[0] if one['description'] else '')}")


def _tell(client: Client, name: str, as_json: bool) -> None:
    found = next((one for one in client.policies.list() if one["name"] == name), None)
    if found is None:
        raise Refused(f"There is no policy {name!r}: `celeriac policy` lists them.")
    if as_json:
        screen.as_json(found)
        return
    presets = {str(one["name"]): one["config"] for one in found["presets"]}
    told = {"description": found["description"], "defaults": found["defaults"], "presets": presets}
    for line in yaml.safe_dump(told, sort_keys=False, allow_unicode=True).splitlines():
        screen.tell(shown(line))


def _config(told: str | None) -> dict[str, Any] | None:
    if told is None:
        return None
    try:
        config = yaml.safe_load(Path(told[1:]).read_text(encoding="utf-8")) if told.startswith("@") else json.loads(told)
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise Refused(f"--config cannot be read: {str(error).splitlines()[0]}") from None
    if not isinstance(config, dict):
        raise Refused("--config has to be an object.")
    return config


def _preset(told: str | None) -> str | int | None:
    number = (told or "").removeprefix("id:")
    return int(number) if told and told != number and number.isdecimal() else told


def _show(plan: Mapping[str, Any], output: Path | None, as_json: bool) -> None:
    text = json.dumps(plan, indent=2, ensure_ascii=False) + "\n" if as_json else plan["commands"]
    if output is None:
        sys.stdout.write(text)
    else:
        _write(output, text)


def _write(output: Path, text: str) -> None:
    output.write_text(text, encoding="utf-8")
    screen.note(f"Wrote {output}.")
