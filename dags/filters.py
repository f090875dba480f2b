"""What lists can be narrowed by."""

from __future__ import annotations

from django_filters import rest_framework as filters

from api.filtering import IdFilter


class GraphFilter(filters.FilterSet):
    """`?project=&name=&execution_key=&state=`"""

    project = IdFilter(field_name="project_id", help_text="Id of its project.")
    name = filters.CharFilter()
    execution_key = filters.CharFilter()
    state = filters.CharFilter(help_text="State of its latest execution.")


class TaskFilter(filters.FilterSet):
    """`?graph=&project=&key=&name=&driver=`"""

    graph = IdFilter(field_name="parent_id", help_text="Id of its graph.")
    project = IdFilter(field_name="parent__project_id", help_text="Id of its project.")
    key = filters.CharFilter()
    name = filters.CharFilter()
    driver = filters.CharFilter()


class EdgeFilter(filters.FilterSet):
    """`?graph=&task_from=&task_to=`"""

    graph = IdFilter(field_name="graph_id", help_text="Id of its graph.")
    task_from = IdFilter(field_name="task_from_id")
    task_to = IdFilter(field_name="task_to_id")


class ProjectFilter(filters.FilterSet):
    """`?name=&state=`"""

    name = filters.CharFilter()
    state = filters.CharFilter(help_text="State of its latest execution.")
