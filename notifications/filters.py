"""What the lists of notifications and deliveries can be narrowed by."""

from __future__ import annotations

from django_filters import rest_framework as filters

from api.filtering import FlagFilter, IdFilter, SinceFilter
from notifications.rules import Channel, Status


class NotificationFilter(filters.FilterSet):
    """`?project=&graph=&schedule=&channel=&enabled=`"""

    project = IdFilter(field_name="project_id", help_text="Id of the project.")
    graph = IdFilter(field_name="graph_id", help_text="Id of the graph.")
    schedule = IdFilter(field_name="schedule_id", help_text="Id of the schedule.")
    channel = filters.ChoiceFilter(choices=Channel.choices)
    enabled = FlagFilter()


class DeliveryFilter(filters.FilterSet):
    """`?execution=&event=&since=`; `?status=` may be given more than once."""

    execution = IdFilter(field_name="graph_run_id", help_text="Id of the execution.")
    event = filters.CharFilter()
    status = filters.MultipleChoiceFilter(choices=Status.choices)
    since = SinceFilter(field_name="created_at")
