"""What the lists of members and audit entries can be narrowed by."""

from __future__ import annotations

from django_filters import rest_framework as filters

from api.filtering import IdFilter, SinceFilter


class MemberFilter(filters.FilterSet):
    """`?project=&user=&role=`"""

    project = IdFilter(field_name="project_id", help_text="Id of the project.")
    user = filters.CharFilter(field_name="user__username", help_text="User name.")
    role = filters.CharFilter()


class AuditFilter(filters.FilterSet):
    """`?project=&user=&action=&since=`"""

    project = IdFilter(field_name="project_id", help_text="Id of the project.")
    user = filters.CharFilter(field_name="user_name", help_text="User name.")
    action = filters.CharFilter(help_text="Such as dag.create, or denied.")
    since = SinceFilter(field_name="at")
