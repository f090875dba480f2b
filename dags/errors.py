"""What can be wrong with a graph."""

from api.errors import Conflict, Forbidden, Invalid, NotFound


class InvalidGraph(Invalid):
    """The graph cannot be saved like this."""

    code = "invalid_graph"


class InvalidTask(Invalid):
    """The task cannot be saved like this."""

    code = "invalid_task"


class InvalidEdge(Invalid):
    """The edge cannot be saved like this."""

    code = "invalid_edge"


class SelfEdge(InvalidEdge):
    """A task cannot wait for itself."""

    code = "self_edge"


class DuplicateEdge(InvalidEdge):
    """There is an edge between these two tasks already."""

    code = "duplicate_edge"


class EdgeBetweenGraphs(InvalidEdge):
    """An edge connects two tasks of one graph; these belong to different ones."""

    code = "edge_between_graphs"


class Cycle(InvalidEdge):
    """The edges make a cycle."""

    code = "cycle"


class UnknownCallable(InvalidTask):
    """No callable of this name is registered."""

    code = "unknown_callable"


class GraphNotFound(NotFound):
    """No such graph."""

    code = "graph_not_found"


class TaskNotFound(NotFound):
    """No such task."""

    code = "task_not_found"


class EdgeNotFound(NotFound):
    """No such edge."""

    code = "edge_not_found"


class ProjectNotFound(NotFound):
    """No such project."""

    code = "project_not_found"


class ChangedMeanwhile(Conflict):
    """The graph has been changed meanwhile. Nothing was saved."""

    code = "changed_meanwhile"


class ProjectBusy(Conflict):
    """Executions of this project have not ended: cancel them first."""

    code = "project_busy"


class CommandsForbidden(Forbidden):
    """Writing what runs as a process, such as a shell command, takes a right of its own in this project."""

    code = "commands_forbidden"
