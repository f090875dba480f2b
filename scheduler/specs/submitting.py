"""Submitting job specs: a spec becomes content that no graph holds, and a run of it that waits for its nodes."""

from __future__ import annotations

from django.contrib.auth.models import User

from dags.commanding import MayCommand, anyone, check_commands
from dags.specs.compiling import compile_spec, labels_of
from dags.specs.document import Spec
from runs import spec as specs
from runs.models import GraphRun
from scheduler.launching import Content, Launch, launch


def submit(spec: Spec, *, project_id: int, launched_by: User | None = None, may_command: MayCommand = anyone) -> GraphRun:
    """Launch a spec that has been checked; raise `CommandsForbidden` for who may not write what runs as a process."""
    compiled = compile_spec(spec)
    check_commands(may_command, project_id, (), compiled["tasks"].values())
    content = Content(project_id=project_id, spec=specs.write(**compiled))
    (run,) = launch([Launch(content=content, launched_by=launched_by, labels=labels_of(spec))])
    return run
