"""Every path of the console; each answers with and without its trailing slash."""

from django.contrib.auth.views import LogoutView
from django.urls import path, re_path

from console.doors import opened
from console.pages import grid, login, overview

app_name = "console"

urlpatterns = [
    path("", overview.overview, name="overview"),
    re_path(r"^graphs/(?P<pk>[0-9]{1,18})/launch/?$", overview.launch, name="launch"),
    re_path(r"^graphs/(?P<pk>[0-9]{1,18})/grid/?$", grid.grid, name="grid"),
    re_path(r"^login/?$", opened(login.Login.as_view(), because="is where one logs in"), name="login"),
    re_path(
        r"^logout/?$",
        opened(LogoutView.as_view(next_page="console:login"), because="ends the session of who asks, if there is one"),
        name="logout",
    ),
]
