"""Requests to addresses that users name go through `outbound/`: nobody else speaks HTTP."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.architecture import sources

CLIENTS = {"httpx", "httpcore", "requests", "urllib3", "aiohttp", "http.client", "urllib.request"}
INSIDE = {"outbound", "celeriac"}  # the SDK runs where its user is: it speaks to the service, not for it
ELSEWHERE = {
    *(Path("config/service.py"), Path("config/showcase.py")),  # `manage.py up` asks the service that it starts
    Path("scheduler/containers/daemon.py"),  # asks the daemon that the node's settings name, and knows the library's errors
}


def test_only_outbound_imports_an_http_client() -> None:
    found = {
        str(file): name
        for file in sources.files()
        if file.parts[0] not in INSIDE and file not in ELSEWHERE
        for name in _imported(file)
        if name in CLIENTS
    }
    assert found == {}


def _imported(file: Path) -> set[str]:
    names: set[str] = set()
    for node in sources.nodes(file):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.update({node.module, *(f"{node.module}.{alias.name}" for alias in node.names)})
    return names
