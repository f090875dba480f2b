"""The one writer of Jobs. Each function is one transaction, under the locks of the projects: of two edits that are legal
alone but not together, such as two jobs that fill one table, one is refused.

Fields are those of the kind's model, by name. Their types and ranges are checked at the doors; what the kind says of them
(`Kind.check`) and what makes sense together is checked here. A definition that changes sets `changed_at`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from dags.definitions import Fields
from dags.drivers import JOB
from dags.errors import ProjectNotFound
from dags.models import Job, Project, Task
from jobs import consistency, kinds, warehouse
from jobs.errors import InvalidJob, JobInUse, JobNotFound
from jobs.fillers import tables_of
from jobs.signals import scheduling_changed

NOT_DEFINITION = {"name", "description", "is_scheduled"}  # changing these makes no table out of date


@transaction.atomic
def create_jobs(kind: str, rows: Sequence[Fields]) -> list[Job]:
    """Create jobs of a kind, each with its `project`."""
    known = kinds.KINDS[kind]
    jobs = [known.model(kind=kind, **row) for row in rows]
    _lock_projects(job.project_id for job in jobs)
    for job in jobs:
        _complete(known, job)
        consistency.check_name(job)
        job.save(force_insert=True)  # one by one: Django writes the rows of two tables no other way
    consistency.check(jobs)
    _tell_scheduling([job for job in jobs if job.is_scheduled])
    return jobs


@transaction.atomic
def update_jobs(kind: str, changes: Mapping[int, Fields]) -> list[Job]:
    """Change fields of jobs of a kind, by id."""
    known = kinds.KINDS[kind]
    jobs = _locked(known.model, changes)
    before = {job.pk: job.is_scheduled for job in jobs}
    for job in jobs:
        _update(known, job, changes[job.pk])
    consistency.check(jobs)
    _tell_scheduling([job for job in jobs if job.is_scheduled != before[job.pk]])
    return jobs


@transaction.atomic
def delete_jobs(ids: Collection[int], *, drop_tables: bool = False) -> None:
    """Delete jobs; what they filled stays, unless `drop_tables`. Raise `JobInUse` where a graph's task runs one."""
    jobs = [kinds.load(job) for job in _locked(Job, ids)]
    _check_unused(jobs)
    for job in jobs if drop_tables else ():
        transaction.on_commit(partial(warehouse.drop_tables, job.project_id, tables_of(job)), robust=True)
    Job.objects.filter(pk__in=ids).delete()
    _tell_scheduling([job for job in jobs if job.is_scheduled])


def _lock_projects(ids: Iterable[int]) -> None:
    wanted = set(ids)
    found = Project.objects.select_for_update(no_key=True).filter(pk__in=wanted).order_by("pk")
    if len(found) < len(wanted):
        raise ProjectNotFound


def _locked(model: type[Job], ids: Iterable[int]) -> list[Any]:
    """Return the jobs, read under the locks of their projects; raise `JobNotFound` if one is gone."""
    wanted = set(ids)
    rows = model._default_manager.filter(pk__in=wanted)
    _lock_projects(rows.values_list("project_id", flat=True))
    jobs = list(rows.order_by("pk"))
    if len(jobs) < len(wanted):
        raise JobNotFound
    return jobs


def _complete(known: kinds.Kind, job: Job) -> list[str]:
    """Check a job as it will be, and add what its kind finds out; return the names of those fields."""
    fields = {field.attname: getattr(job, field.attname) for field in job._meta.concrete_fields}
    found = known.check(fields) or {}
    for name, value in found.items():
        setattr(job, name, value)
    return list(found)


def _update(known: kinds.Kind, job: Job, changes: Fields) -> None:
    if "project" in changes and changes["project"].pk != job.project_id:
        raise InvalidJob("A job stays in its project, where its table is; make a new one in the other.", field="project")
    changed = [name for name, value in changes.items() if getattr(job, name) != value]
    for name in changed:
        setattr(job, name, changes[name])
    if "name" in changed:
        consistency.check_name(job)
    if not changed:
        return
    written = [*changed, *_complete(known, job)]
    if not NOT_DEFINITION.issuperset(changed):
        job.changed_at = Now()  # type: ignore[assignment]
        written.append("changed_at")
    job.save(update_fields=written)
    job.refresh_from_db(fields=["changed_at"])


def _check_unused(jobs: Sequence[Job]) -> None:
    tasks = Task.objects.filter(
        parent__project__in={job.project_id for job in jobs}, driver=JOB, configs__job__in=[job.pk for job in jobs]
    )
    graphs = dict(tasks.order_by("parent__name", "parent").values_list("parent_id", "parent__name"))
    if graphs:
        raise JobInUse(f"Tasks of {', '.join(graphs.values())} run this job: take them out first.", graphs=list(graphs))


def _tell_scheduling(jobs: Sequence[Job]) -> None:
    if jobs:
        scheduling_changed.send(Job, project_ids={job.project_id for job in jobs})
