"""The templates in a spec's texts: they name nodes that there are. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from dags.specs import expressions
from dags.specs.checking.walking import commands
from dags.specs.document import Command, Spec
from dags.specs.faults import Fault, Place

MAX_TEMPLATES = 512 * 1024  # characters: they take a while to read


def faults(spec: Spec) -> Iterator[Fault]:
    """Yield what is wrong with the templates in a spec."""
    known = [node.name for node in spec.node_assignments if node.name]
    left = MAX_TEMPLATES
    for place, command in commands(spec):
        if command.shell:
            for message in expressions.faults_of_line(command.shell.command, known):
                yield Fault((*place, "shell", "command"), message)
        if command.docker:  # no shell reads it, but it is split into words as one would
            for message in expressions.faults_of_line(command.docker.command, known):
                yield Fault((*place, "docker", "command"), message)
        for here, text in _texts(command):
            left -= len(text) if expressions.is_template(text) else 0
            if left < 0:
                yield Fault((*place, *here), f"The templates up to here are longer than {MAX_TEMPLATES} characters together.")
                return
            yield from (Fault((*place, *here), message) for message in expressions.faults_of_text(text, known))


def _texts(command: Command) -> Iterator[tuple[Place, str]]:
    """Yield the texts that may hold any template, each with its place."""
    yield from ((("env", number, "v"), one.v) for number, one in enumerate(command.env))
    if command.exec:
        yield from ((("exec", "args", number), one) for number, one in enumerate(command.exec.args))
    if command.docker:
        docker = command.docker
        yield from ((("docker", name), getattr(docker, name)) for name in ("image", "memory"))
        yield from ((("docker", "args", number), one) for number, one in enumerate(docker.args))
