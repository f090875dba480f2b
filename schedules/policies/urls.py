"""Paths of planning, under `api/v1/`, with and without the slash: a POST is never redirected."""

from django.urls import re_path

from schedules.policies import views

urlpatterns = [
    re_path(r"^schedule/?$", views.PlanView.as_view({"post": "create"}), name="plan"),
    re_path(r"^policies/?$", views.PoliciesView.as_view({"get": "offered"}), name="policies"),
]
