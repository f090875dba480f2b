"""A file to be imported: looked at before it is saved, and saved."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from api import audit
from api.access import user_of, visible
from api.errors import Invalid, TooLarge
from api.filtering import whole
from api.rights import Scope
from console.asked import checked
from console.asking import uploads as asking
from console.doors import Deed, action, find, page, question
from dags.models import Project
from jobs import receiving, services
from jobs.importing import checking, copying, looking
from jobs.models import Upload
from jobs.serializers import NewUploadSerializer
from runs.models import GraphRun
from scheduler import launching
from scheduler.job_contents import contents_of_jobs
from scheduler.launching import Launch

SHOWN = 20  # rows
MAX_LOOKED_AT = 32 * 1024**2  # bytes: the whole file is read while somebody waits


@page(right=Scope.EDIT)
def new(request: HttpRequest) -> HttpResponse:
    """GET /jobs/upload/"""
    projects = visible(Project.objects.order_by("name"), request, "pk", Scope.EDIT)
    context = {"form": asking.UploadForm(), "projects": projects, "most": MAX_LOOKED_AT}
    return render(request, "console/upload.html", context)


@question(right=Scope.EDIT)
def check(request: HttpRequest) -> HttpResponse:
    """POST /jobs/upload/check/: show what the import of a file would find; nothing is kept."""
    project = _project(request)
    file = _file(request)
    if (file.size or 0) > MAX_LOOKED_AT:
        raise TooLarge(f"Files of more than {MAX_LOOKED_AT // 1024**2} MiB are not looked at before they are imported.")
    sent = {**asking.UNSEEN, **asking.how(request.POST.dict()), "project": project.pk, "file": file}
    fields = checked(NewUploadSerializer, sent, request=request).validated_data
    checking.check(fields)
    unsaved = Upload(**{name: value for name, value in fields.items() if name in asking.HOW})
    with copying.temporary() as copy:  # a small one is in memory, where another process cannot read it
        copying.copied(file, copy, max_bytes=MAX_LOOKED_AT)
        looked = looking.look(unsaved, copy, SHOWN)
    return render(request, "console/upload/looked.html", {"looked": looked, "file": file})


@action(right=Scope.EDIT, verb="job.create")
def create(request: HttpRequest) -> Deed:
    """POST /jobs/upload/create/: save it and, where that was asked for, run it."""
    sent = {**asking.told(request.POST.dict()), "project": _project(request).pk, "file": _file(request)}
    fields = checked(NewUploadSerializer, sent, request=request).validated_data
    with receiving.received(fields) as known:
        (job,) = services.create_jobs("upload", [known])
        facts = audit.changes(None, {name: value for name, value in fields.items() if name != "file"})
        said = f"{job.name} is saved."
        if request.POST.get("then") == "run":
            (content,) = contents_of_jobs([job])
            trigger = GraphRun.Trigger.JOB
            (run,) = launching.launch([Launch(content=content, params={}, trigger=trigger, launched_by=user_of(request))])
            facts, said = {**facts, "execution": run.pk}, f"{job.name} is saved, and runs as #{run.pk}."
    return Deed(on=job, facts=facts, said=said, goto=reverse("console:job", args=[job.pk]))


def _project(request: HttpRequest) -> Project:
    pk = whole(request.POST.get("project", ""))
    if pk is None:
        raise Invalid("Choose a project.", field="project")
    return find(request, Project.objects.all(), pk, "pk")


def _file(request: HttpRequest) -> UploadedFile[Any]:
    file = request.FILES.get("file")
    if not isinstance(file, UploadedFile):
        raise Invalid("Choose a file.", field="file")
    return file
