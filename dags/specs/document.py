"""What a job spec holds: the format as types. Each name may be written longRunning or long_running; null is not written. Pure.

What has to be told and what goes together is for `dags/specs/checking/` to say, once every value is of its type.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic.alias_generators import to_camel

from dags.specs import words


class Part(BaseModel):
    """A part of a spec: what it does not know is refused, and values are of their type."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, allow_inf_nan=False, alias_generator=to_camel, populate_by_name=True
    )

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, told: Any) -> Any:
        """Leave out what is null, and so was not told; not what is unknown."""
        if not isinstance(told, dict):
            return told
        return {key: value for key, value in told.items() if value is not None or key not in cls.names()}

    @classmethod
    def names(cls) -> set[str]:
        """Return the names of the fields, in both spellings."""
        return {*cls.model_fields, *(to_camel(name) for name in cls.model_fields)}


class Owner(Part):
    """Whose the job is."""

    id: words.Fact = ""
    name: words.Fact = ""
    type: words.AnOwnerType | None = None


class Workload(Part):
    """What the job measures, and of which version."""

    framework: words.Fact = ""
    framework_version: words.Fact = ""
    database: words.Fact = ""
    database_version: words.Fact = ""


class Selector(Part):
    """Which nodes: all of what is told."""

    name: words.NodeName = ""
    role: words.Role = ""
    labels: words.Labels = {}


class NodeAssignment(Part):
    """A node that the job needs, and what the spec calls it."""

    name: words.NodeName = ""
    role: words.Role = "any"
    labels: words.Labels = {}
    selectors: words.Few[Selector] = []


class Pipeline(Part):
    """Stages that run at once; one pipeline runs after the other."""

    name: words.Name = ""
    stages: words.Many[words.Line] = []


class TaskPipeline(Part):
    """Tasks of a stage that run at once; one pipeline runs after the other."""

    name: words.Name = ""
    tasks: words.Many[words.Line] = []


class Env(Part):
    """A variable."""

    k: words.Variable = ""
    v: words.Text = ""


class Stopper(Part):
    """What is stopped: a long-running task of a stage, or all of them."""

    stage: words.Line = ""
    task: words.Line = ""
    all: bool = False


class Shell(Part):
    """A line for /bin/sh."""

    command: words.Line = ""


class Exec(Part):
    """A program, and what it is given."""

    command: words.Line = ""
    args: words.Many[words.Text] = []


class Ports(Part):
    """A port of a container, and where the node has it."""

    guest: words.Port | None = None
    host: words.Port | None = None


class Mount(Part):
    """A folder of the node that a container sees."""

    source: words.Line = ""
    target: words.Line = ""
    read_only: bool = False


class Docker(Part):
    """An image, and how it is run."""

    image: words.Line = ""
    action: words.AnAction = words.Action.RUN
    command: words.Line = ""
    args: words.Many[words.Text] = []
    ports: words.Many[Ports] = []
    name: words.NodeName = ""
    mounts: words.Many[Mount] = []
    network: words.ANetwork | None = None
    memory: words.Text = ""
    cpus: words.Seconds | None = None
    pids: int | None = None
    pull: words.Line = ""
    entrypoint: words.Line = ""
    user: words.Text = ""
    cwd: words.Line = ""
    read_only: bool = False


class Command(Part):
    """What tasks and readiness checks have in common: something to do, in a way."""

    name: words.Name = ""
    long_running: bool | None = None
    background: bool | None = None
    driver: words.ADriver | None = None
    env: words.Many[Env] = []
    stopper: Stopper | None = None
    shell: Shell | None = None
    exec: Exec | None = None
    docker: Docker | None = None
    timeout: words.Seconds | None = None

    @property
    def is_long(self) -> bool:
        """Tell whether it goes on until it is stopped."""
        return bool(self.long_running or self.background)

    @property
    def does(self) -> words.DriverName | None:
        """Return how it is done; a stopper needs not say so."""
        return self.driver or (words.DriverName.STOPPER if self.stopper else None)


class Check(Command):
    """Something that succeeds once a long-running task is ready."""

    ready: Any = None


class Ready(Part):
    """When a long-running task is ready: once all checks, in order, have succeeded. `retries` below 0 are endless."""

    tasks: words.Few[Check] = []
    retries: int | None = None
    interval: words.Delay | None = None
    timeout: words.Seconds | None = None


class Task(Command):
    """Something to do on each node of a stage."""

    ready: Ready | None = None
    retries: words.Retries = 0
    retry_delay: words.Delay = 0.0


class Stage(Part):
    """Tasks, and the nodes that they run on."""

    name: words.Name = ""
    type: words.AStageType | None = None
    background: bool | None = None
    selectors: words.Few[Selector] = []
    pipelines: words.Many[TaskPipeline] = []
    tasks: words.Many[Task] = []

    @property
    def kind(self) -> words.StageType:
        """Return what its tasks are there for."""
        return self.type or (words.StageType.LONG if self.background else words.StageType.SHORT)


class Spec(Part):
    """A job: the nodes that it needs, and what runs on them when."""

    id: words.Text = ""
    name: words.Name = ""
    owner: Owner | None = None
    workload: Workload | None = None
    node_assignments: words.Nodes[NodeAssignment] = []
    pipelines: words.Stages[Pipeline] = []
    stages: words.Stages[Stage] = []
    deadline: words.Seconds | None = None
