"""What lists of jobs can be narrowed by."""

from __future__ import annotations

from django_filters import rest_framework as filters

from api.filtering import FlagFilter, IdFilter
from dags.rules import JobState
from jobs.doors import KINDS


class KindFilter(filters.FilterSet):
    """`?project=&state=&is_scheduled=`; `?state=` may be given more than once."""

    project = IdFilter(field_name="project_id", help_text="Id of its project.")
    state = filters.MultipleChoiceFilter(choices=JobState.choices)
    is_scheduled = FlagFilter()


class JobFilter(KindFilter):
    """`?kind=` beside those; it may be given more than once."""

    kind = filters.MultipleChoiceFilter(choices=[(kind, kind) for kind in KINDS])
