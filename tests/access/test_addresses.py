"""Where a request comes from: what the trusted proxies saw, never what anyone claims."""

from __future__ import annotations

import pytest
from django.test import RequestFactory

from api.addresses import address_of


@pytest.mark.parametrize(
    ("proxies", "forwarded", "peer", "address"),
    [
        (0, "", "192.0.2.1", "192.0.2.1"),
        (0, "203.0.113.9", "192.0.2.1", "192.0.2.1"),
        (1, "203.0.113.9", "10.0.0.1", "203.0.113.9"),
        (1, "6.6.6.6, 203.0.113.9", "10.0.0.1", "203.0.113.9"),
        (2, "6.6.6.6, 203.0.113.9, 10.0.0.2", "10.0.0.1", "203.0.113.9"),
        (2, "203.0.113.9", "10.0.0.1", "203.0.113.9"),
        (1, "", "10.0.0.1", None),
        (1, "2001:db8::1", "10.0.0.1", "2001:db8::1"),
        (1, "<script>", "10.0.0.1", None),
        (0, "", "", None),
    ],
)
def test_it_is_what_the_last_trusted_one_saw(settings, proxies, forwarded, peer, address) -> None:
    settings.PROXIES = proxies
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    assert address_of(RequestFactory().get("/", REMOTE_ADDR=peer, headers=headers)) == address
