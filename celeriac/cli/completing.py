"""Names of jobs and nodes for the shell to complete. Silent: a shell that waits for an error message is of no use."""

from __future__ import annotations

from celeriac.client import CeleriacError, Client

PATIENCE = 2.0  # seconds
OFFERED = 200


def job_names(incomplete: str) -> list[str]:
    """Return the names of jobs that begin with what was typed."""
    try:
        with Client(retries=0, timeout=PATIENCE) as client:
            found = client.graphs.list(search=incomplete or None, limit=OFFERED)
            return sorted({graph["name"] for graph in found if graph["name"].startswith(incomplete)})
    except CeleriacError:
        return []


def node_names(incomplete: str) -> list[str]:
    """Return the names of nodes that begin with what was typed."""
    try:
        with Client(retries=0, timeout=PATIENCE) as client:
            found = client.nodes.list(search=incomplete or None, limit=OFFERED)
            return sorted(node["name"] for node in found if node["name"].startswith(incomplete))
    except CeleriacError:
        return []
