"""Django admin for projects and graphs: doors to `dags/services`."""

from dags.admin.graphs import GraphAdmin
from dags.admin.projects import ProjectAdmin

__all__ = ["GraphAdmin", "ProjectAdmin"]
