"""What the tests of the API share."""

from __future__ import annotations

import pytest


@pytest.fixture
def server(web: str) -> str:
    """The address of a web server on the test database: live streams cannot be tested within one process."""
    return web
