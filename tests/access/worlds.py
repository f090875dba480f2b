"""Two projects that know nothing of each other, each with one of everything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from api.models import Membership, Token
from dags.models import Edge, Graph, Job, Project, Task
from dags.services import revisions
from jobs.doors import KINDS
from notifications import services as notifications
from notifications.models import Delivery
from runs.models import GraphRun, JobRun, Node
from scheduler.specs import examples as spec_examples
from schedules import services as schedules
from schedules.models import PolicyPreset, Schedule
from schedules.policies import presets
from tests import factories, notices

_NOTIFICATION = {"name": "new", "events": ["failure"], "channel": "webhook", "url": "https://hooks.example.org/"}


@dataclass(frozen=True, kw_only=True)
class World:
    """A project and what is in it; its admin's token and membership are among it."""

    project: Project
    graph: Graph
    tasks: list[Task]
    edge: Edge
    schedule: Schedule
    ended: GraphRun
    waiting: JobRun
    admin: Any
    membership: Membership
    token: Token
    delivery: Delivery
    jobs: dict[str, Job]
    node: Node
    preset: PolicyPreset

    def ids(self) -> dict[str, object]:
        """Return what stands in a path, by the route's name without its action."""
        return {
            "project": self.project.pk,
            "dag": self.graph.pk,
            "task": self.tasks[0].pk,
            "edge": self.edge.pk,
            "schedule": self.schedule.pk,
            "execution-task": self.waiting.pk,
            "execution": self.ended.pk,
            "report-by-key": self.waiting.key,
            "member": self.membership.pk,
            "token": self.token.pk,
            "notification": self.delivery.notification_id,
            "delivery": self.delivery.pk,
            "node": self.node.name,
            "preset": self.preset.pk,
            "job": self.jobs["sheet"].pk,
            **{f"job-{kind}": job.pk for kind, job in self.jobs.items()},
        }

    def id_for(self, name: str) -> object:
        ids = self.ids()
        return ids[max((kind for kind in ids if name == kind or name.startswith(f"{kind}-")), key=len)]


def world(name: str) -> World:
    project = factories.project(name)
    graph = factories.graph(project=project, name=f"graph of {name}", execution_key=f"key of {name}")
    tasks = [Task.objects.create(parent=graph, name=key, key=key, driver="offline") for key in "abc"]
    edge = Edge.objects.create(graph=graph, task_from=tasks[0], task_to=tasks[1])
    revisions.keep_revisions([graph.pk])
    running = factories.run({f"waits in {name}": "WAITING"}, of=graph)
    admin = factories.member("admin", project)
    jobs = {kind: factories.job_of(kind, project) for kind in KINDS}
    running.job_runs.update(job=jobs["sheet"])
    return World(
        project=project,
        graph=graph,
        tasks=tasks,
        edge=edge,
        schedule=schedules.create([{"name": f"schedule of {name}", "graph": graph, "cron": "30 2 * * *"}])[0],
        ended=factories.run({"z": "SUCCESS"}, of=graph),
        waiting=factories.job(running, f"waits in {name}"),
        admin=admin,
        membership=Membership.objects.get(user=admin, project=project),
        token=Token.objects.create(user=admin, project=project)[0],
        delivery=notifications.send_tests([notices.webhook(project).notification])[0],
        jobs=jobs,
        node=Node.objects.create(name=f"node-of-{name}", hostname="host"),
        preset=presets.create_presets([{"project": project, "policy": "dummy", "name": f"preset of {name}"}])[0],
    )


def body(route_name: str, action: str, of: World) -> dict[str, Any]:
    """Return what a client may send to a route: accepted where it may, and naming nothing but what is of this world."""
    bodies: dict[tuple[str, str], dict[str, Any]] = {
        ("project-create", "create"): {"name": "another"},
        ("dag-create", "create"): {"name": "new", "project": of.project.pk},
        ("task-create", "create"): {"name": "new", "driver": "offline", "parent": of.graph.pk},
        ("edge-create", "create"): {"task_from": of.tasks[1].pk, "task_to": of.tasks[2].pk},
        ("schedule-create", "create"): {"name": "new", "graph": of.graph.pk, "interval": 3600},
        ("schedule-preview", "preview"): {"cron": "0 2 * * *"},
        ("plan", "create"): {"t0": "2022-01-01 12:00", "t1": "2022-01-01 14:00", "policy": {"policy": "dummy"}},
        ("preset-create", "create"): {"name": "new", "policy": "dummy", "project": of.project.pk},
        ("preset-detail", "update"): {"name": "renamed", "policy": "dummy", "project": of.project.pk},
        ("member-create", "create"): {"project": of.project.pk, "user": factories.member(None).username},
        ("token-create", "create"): {"project": of.project.pk},
        ("job-spec-plan", "plan"): spec_examples.SPEC,
        ("job-spec-submit", "submit"): spec_examples.SPEC,
        ("execution-action-rerun", "rerun"): {"from": "start"},
        ("execution-action-key", "key"): {"key": of.graph.execution_key},
        ("notification-create", "create"): {**_NOTIFICATION, "project": of.project.pk},
        ("notification-detail", "update"): {**_NOTIFICATION, "project": of.project.pk},
        ("project-detail", "update"): {"name": "renamed"},
        ("dag-detail", "update"): {"name": "renamed"},
        ("task-detail", "update"): {"name": "renamed", "driver": "offline", "parent": of.graph.pk},
        ("edge-detail", "update"): {"task_from": of.tasks[0].pk, "task_to": of.tasks[2].pk},
        ("schedule-detail", "update"): {"name": "renamed", "graph": of.graph.pk, "at": "2999-01-01T00:00:00Z"},
        ("member-detail", "update"): {"project": of.project.pk, "user": of.admin.username, "role": "admin"},
        ("report-by-key", "create"): {"success": True},
        ("execution-task-report-report", "report"): {"success": True},
    }
    _, _, kind = route_name.removesuffix("-create").removesuffix("-detail").partition("job-")
    if kind in KINDS and action in {"create", "update"}:
        return new_job(kind, of.project)
    return bodies.get((route_name, action), {})


def new_job(kind: str, project: Project) -> dict[str, Any]:
    """Return a job of a kind as a client sends it."""
    own = {} if kind == "connector" else {"table": f"other_{kind}"}
    return {"name": f"another {kind}", "project": project.pk, **factories.JOBS[kind], **own}
