"""Every path of the console; each answers with and without its trailing slash."""

from django.contrib.auth.views import LogoutView
from django.urls import path, re_path

from console.doors import opened
from console.pages import (
    graph,
    grid,
    job,
    jobs,
    login,
    nodes,
    overview,
    revisions,
    run,
    schedule,
    schedules,
    task,
    upload,
)

app_name = "console"

RUN = r"^runs/(?P<pk>[0-9]{1,18})"
TASK = rf"{RUN}/tasks/(?P<task>[0-9]{{1,18}})"

urlpatterns = [
    path("", overview.overview, name="overview"),
    re_path(r"^graphs/new/?$", graph.new, name="graph-new"),
    re_path(r"^graphs/drawing/?$", graph.drawing, name="graph-drawing"),
    re_path(r"^graphs/(?P<pk>[0-9]{1,18})/?$", graph.graph, name="graph"),
    re_path(r"^graphs/(?P<pk>[0-9]{1,18})/launch/?$", graph.launch, name="graph-launch"),
    re_path(r"^graphs/(?P<pk>[0-9]{1,18})/revisions/?$", revisions.revisions, name="graph-revisions"),
    re_path(r"^graphs/(?P<pk>[0-9]{1,18})/grid/?$", grid.grid, name="grid"),
    re_path(rf"{RUN}/?$", run.run, name="run"),
    re_path(rf"{RUN}/data/?$", run.data, name="run-data"),
    re_path(rf"{RUN}/picture/?$", run.picture, name="run-picture"),
    re_path(rf"{RUN}/cancel/?$", run.cancel, name="run-cancel"),
    re_path(rf"{RUN}/rerun/?$", run.rerun, name="run-rerun"),
    re_path(rf"{TASK}/?$", task.task, name="task"),
    re_path(rf"{TASK}/log/?$", task.log, name="task-log"),
    re_path(rf"{TASK}/report/?$", task.report, name="task-report"),
    re_path(r"^schedules/?$", schedules.overview, name="schedules"),
    re_path(r"^schedules/new/?$", schedule.new, name="schedule-new"),
    re_path(r"^schedules/preview/?$", schedule.preview, name="schedule-preview"),
    re_path(r"^schedules/create/?$", schedule.create, name="schedule-create"),
    re_path(r"^schedules/(?P<pk>[0-9]{1,18})/?$", schedule.show, name="schedule"),
    re_path(r"^schedules/(?P<pk>[0-9]{1,18})/edit/?$", schedule.edit, name="schedule-edit"),
    re_path(r"^schedules/(?P<pk>[0-9]{1,18})/update/?$", schedule.update, name="schedule-update"),
    re_path(r"^schedules/(?P<pk>[0-9]{1,18})/pause/?$", schedules.pause, name="schedule-pause"),
    re_path(r"^schedules/(?P<pk>[0-9]{1,18})/resume/?$", schedules.resume, name="schedule-resume"),
    re_path(r"^schedules/(?P<pk>[0-9]{1,18})/fire/?$", schedules.fire, name="schedule-fire"),
    re_path(r"^schedules/(?P<pk>[0-9]{1,18})/delete/?$", schedules.delete, name="schedule-delete"),
    re_path(r"^jobs/?$", jobs.overview, name="jobs"),
    re_path(r"^jobs/upload/?$", upload.new, name="upload-new"),
    re_path(r"^jobs/upload/check/?$", upload.check, name="upload-check"),
    re_path(r"^jobs/upload/create/?$", upload.create, name="upload-create"),
    re_path(r"^jobs/(?P<pk>[0-9]{1,18})/?$", job.show, name="job"),
    re_path(r"^jobs/(?P<pk>[0-9]{1,18})/run/?$", job.run, name="job-run"),
    re_path(r"^jobs/(?P<pk>[0-9]{1,18})/delete/?$", job.delete, name="job-delete"),
    re_path(r"^nodes/?$", nodes.overview, name="nodes"),
    re_path(rf"^nodes/(?P<name>{nodes.NAME})/?$", nodes.show, name="node"),
    re_path(r"^login/?$", opened(login.Login.as_view(), because="is where one logs in"), name="login"),
    re_path(
        r"^logout/?$",
        opened(LogoutView.as_view(next_page="console:login"), because="ends the session of who asks, if there is one"),
        name="logout",
    ),
]
