"""What the lists of schedules and firings can be narrowed by."""

from __future__ import annotations

from django_filters import rest_framework as filters

from api.filtering import FlagFilter, IdFilter, SinceFilter
from schedules.rules import Became


class ScheduleFilter(filters.FilterSet):
    """`?project=&graph=&daily=&enabled=&name=`"""

    project = IdFilter(field_name="project_id", help_text="Id of its project.")
    graph = IdFilter(field_name="graph_id", help_text="Id of its graph.")
    daily = FlagFilter()
    enabled = FlagFilter()
    name = filters.CharFilter()


class FiringFilter(filters.FilterSet):
    """`?became=&since=`; `became` may be given more than once."""

    became = filters.MultipleChoiceFilter(choices=Became.choices)
    since = SinceFilter(field_name="due")
