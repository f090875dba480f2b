"""What the list of presets can be narrowed by."""

from __future__ import annotations

from django_filters import rest_framework as filters

from api.filtering import IdFilter


class PresetFilter(filters.FilterSet):
    """`?project=&policy=&name=`"""

    project = IdFilter(field_name="project_id", help_text="Id of its project.")
    policy = filters.CharFilter()
    name = filters.CharFilter()
