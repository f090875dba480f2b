"""What the tests of the API share."""

from __future__ import annotations

import httpx
import pytest

from tests.running import Running, wait_for


@pytest.fixture
def server(web_process: Running, web_url: str) -> str:
    """The address of a web server on the test database: live streams cannot be tested within one process."""
    wait_for(lambda: _answers(f"{web_url}/health/live"), "the web server")
    return web_url


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, trust_env=False).is_success
    except httpx.TransportError:
        return False
