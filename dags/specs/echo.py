"""A plan as the lines that an executor would say if it did nothing: stage by stage, node by node. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from dags.specs.document import Docker, Stopper, Task
from dags.specs.planning import PlannedPipeline


def echo(pipelines: Sequence[PlannedPipeline]) -> str:
    """Return the listing of a plan."""
    return "".join(f"{line}\n" for line in _lines(pipelines))


def _lines(pipelines: Sequence[PlannedPipeline]) -> Iterator[str]:
    for pipeline in pipelines:
        for stage in pipeline.stages:
            for node in stage.nodes:
                yield f"execute stage {stage.name} on node {node}"
                for step in stage.steps:
                    for planned in step.tasks:
                        yield f"task driver {str(planned.task.does).upper()}"
                        yield _does(planned.task)


def _does(task: Task) -> str:
    if task.shell:
        return f"shell {task.shell.command}"
    if task.exec:
        return f"exec {shlex.join([*shlex.split(task.exec.command), *task.exec.args])}"
    if task.docker:
        return _docker(task.docker)
    return f"stopper {_stops(task.stopper or Stopper())}"


def _docker(docker: Docker) -> str:
    ports = [word for port in docker.ports for word in ("-p", f"{port.host}:{port.guest}")]
    return " ".join(
        ["docker", docker.action, *ports, docker.image, *([docker.command] if docker.command else []), *docker.args]
    )


def _stops(stopper: Stopper) -> str:
    return f"{stopper.stage} {'all' if stopper.all else stopper.task}"
