"""The one writer of projects, graphs, tasks and edges.

Each function is one transaction. Edits take the lock on their graphs' rows first, ordered by id, and check under it: of two
edits that are legal alone but not together, one is refused. Each edit counts the graph's `revision` up.

Fields are those of the models, by name. Their types and ranges are checked at the doors (`dags/serializers.py`); what makes
sense together is checked here; `by` is whoever writes, `may_command` tells in which projects they may write commands. Errors
are those of `dags/errors.py`.
"""

from dags.services.edges import create_edges, delete_edges, update_edges
from dags.services.graphs import create_graphs, delete_graphs, update_graphs
from dags.services.projects import (
    DEFAULT_PROJECT,
    check_project,
    create_projects,
    default_project,
    delete_projects,
    update_projects,
)
from dags.services.tasks import create_tasks, delete_tasks, update_tasks

__all__ = [
    "DEFAULT_PROJECT",
    "check_project",
    "create_edges",
    "create_graphs",
    "create_projects",
    "create_tasks",
    "default_project",
    "delete_edges",
    "delete_graphs",
    "delete_projects",
    "delete_tasks",
    "update_edges",
    "update_graphs",
    "update_projects",
    "update_tasks",
]
