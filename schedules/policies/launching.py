"""A plan that is carried out: a graph in which each block waits for its time and is then done, one after the other.

A block is done by a task of any driver, which gets it as data: a callable as its argument `block`, a process as variables,
another system as the body of a request. Nothing of a block is ever written into a command.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dags import drivers
from scheduler.templating import templates
from schedules.policies.asking import Asked
from schedules.policies.errors import Unplannable
from schedules.policies.writing import Planned, told

# What a plan's lines are: Python. The variables hold the program; no shell sees it.
RUN = """python3 -c 'import os; exec(os.environ["PLAN_PREAMBLE"] + os.environ["BLOCK_COMMANDS"])'"""
DEFAULT_DRIVER, DEFAULT_COMMAND = "exec", RUN
MAX_NAME = 200
MAX_BLOCKS = 10_000
PASSED_ON = ("queue", "timeout")  # to each block's task, as they are told


def graph(asked: Asked, planned: Planned, how: Mapping[str, Any]) -> dict[str, Any]:
    """Return the graph's fields for `dags.services.create_graphs`; raise `Unplannable` for too many blocks, or none.

    `how` may hold `project`, `name`, `driver`, `command`, `queue` and `timeout`.
    """
    if not planned.blocks:
        raise Unplannable("There is nothing to launch: the plan has no blocks")
    if len(planned.blocks) > MAX_BLOCKS:
        raise Unplannable(f"There are more than {MAX_BLOCKS} blocks to launch: ask for a shorter range")
    name = how.get("name") or f"{asked.policy.name} from {told(asked.t0)} to {told(asked.t1)}"
    return {
        "name": name[:MAX_NAME],
        "project": how["project"],
        "description": f"Planned by the policy {asked.policy.name}.",
        "tasks": list(_tasks(planned, how)),
        "edges": list(_edges(len(planned.blocks))),
    }


def _tasks(planned: Planned, how: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    driver = how.get("driver") or DEFAULT_DRIVER
    command = how.get("command", DEFAULT_COMMAND if driver == DEFAULT_DRIVER else "")
    passed_on = {name: how[name] for name in PASSED_ON if name in how}
    for number, block in enumerate(planned.blocks, start=1):
        title = f"{block['name']}"[:MAX_NAME]
        yield {
            "key": f"wait_{number}",
            "name": f"Wait for {title}"[:MAX_NAME],
            "driver": "wait_until",
            "configs": {"until": block["start"]},
        }
        yield {
            "key": f"block_{number}",
            "name": title or f"block {number}",
            "driver": driver,
            "command": command,
            "configs": _configs(driver, block, planned.preamble),
            **passed_on,
        }


def _edges(blocks: int) -> Iterator[dict[str, Any]]:
    """Yield the edges of a chain: a block that fails keeps none of the later ones from their time."""
    for number in range(1, blocks + 1):
        yield {"task_from": f"wait_{number}", "task_to": f"block_{number}"}
        if number < blocks:
            yield {"task_from": f"block_{number}", "task_to": f"wait_{number + 1}", "condition": "done"}


def _configs(driver: str, block: Mapping[str, Any], preamble: Sequence[str]) -> dict[str, Any]:
    if drivers.commands(driver):
        return {"env": _literal(_variables(block, preamble))}
    given = _literal({**block, "preamble": preamble})
    return {"method": "POST", "body": given} if driver == "http" else {"kwargs": {"block": given}}


def _variables(block: Mapping[str, Any], preamble: Sequence[str]) -> dict[str, str]:
    return {
        "PLAN_PREAMBLE": _text(preamble),
        "BLOCK_NAME": block["name"],
        "BLOCK_KIND": block["kind"],
        "BLOCK_START": block["start"],
        "BLOCK_END": block["end"],
        "BLOCK_COMMANDS": _text(block["commands"]),
        "BLOCK_DETAILS": json.dumps(block["details"], ensure_ascii=False),
    }


def _text(lines: Sequence[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _literal(value: Any) -> Any:
    """Return data as it has to stand in configs, where text may be a template."""
    if isinstance(value, str):
        return templates.literal(value)
    if isinstance(value, Mapping):
        return {key: _literal(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_literal(inner) for inner in value]
    return value
