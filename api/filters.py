"""What the lists of members and audit entries can be narrowed by."""

from __future__ import annotations

from django.forms import IntegerField
from django_filters import rest_framework as filters

LARGEST_ID = 10**18 - 1  # has 18 digits, and surely fits a BIGINT


class IdFilter(filters.Filter):
    """A whole number that can be an id; anything else is a 400."""

    field_class = IntegerField

    def __init__(self, field_name: str, **kwargs: str) -> None:
        super().__init__(field_name=field_name, min_value=0, max_value=LARGEST_ID, **kwargs)


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
    since = filters.IsoDateTimeFilter(field_name="at", lookup_expr="gte")
