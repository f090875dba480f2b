"""Every path of the console; each answers with and without its trailing slash."""

from django.contrib.auth.views import LogoutView
from django.urls import path, re_path

from console.doors import opened
from console.pages import grid, login, overview, run, task

app_name = "console"

RUN = r"^runs/(?P<pk>[0-9]{1,18})"
TASK = rf"{RUN}/tasks/(?P<task>[0-9]{{1,18}})"

urlpatterns = [
    path("", overview.overview, name="overview"),
    re_path(r"^graphs/(?P<pk>[0-9]{1,18})/launch/?$", overview.launch, name="launch"),
    re_path(r"^graphs/(?P<pk>[0-9]{1,18})/grid/?$", grid.grid, name="grid"),
    re_path(rf"{RUN}/?$", run.run, name="run"),
    re_path(rf"{RUN}/data/?$", run.data, name="run-data"),
    re_path(rf"{RUN}/picture/?$", run.picture, name="run-picture"),
    re_path(rf"{RUN}/cancel/?$", run.cancel, name="cancel"),
    re_path(rf"{RUN}/rerun/?$", run.rerun, name="rerun"),
    re_path(rf"{TASK}/?$", task.task, name="task"),
    re_path(rf"{TASK}/log/?$", task.log, name="log"),
    re_path(rf"{TASK}/report/?$", task.report, name="report"),
    re_path(r"^login/?$", opened(login.Login.as_view(), because="is where one logs in"), name="login"),
    re_path(
        r"^logout/?$",
        opened(LogoutView.as_view(next_page="console:login"), because="ends the session of who asks, if there is one"),
        name="logout",
    ),
]
