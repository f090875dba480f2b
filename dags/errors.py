"""What can be wrong with a graph."""

from api.errors import Invalid, NotFound


class InvalidGraph(Invalid):
    """The graph cannot be saved like this."""

    code = "invalid_graph"


class InvalidTask(Invalid):
    """The task cannot be saved like this."""

    code = "invalid_task"


class InvalidEdge(Invalid):
    """The edge cannot be saved like this."""

    code = "invalid_edge"


class Cycle(InvalidEdge):
    """The edges make a cycle."""

    code = "cycle"


class UnknownCallable(InvalidTask):
    """No callable of this name is registered."""

    code = "unknown_callable"


class GraphNotFound(NotFound):
    """No such graph."""

    code = "graph_not_found"
