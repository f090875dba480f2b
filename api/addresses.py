"""Where a request comes from, behind as many proxies as the settings say."""

from __future__ import annotations

import ipaddress

from django.conf import settings
from django.http import HttpRequest


def address_of(request: HttpRequest) -> str | None:
    """Return the client's address, None where there is none, as on a socket of this machine.

    Each trusted proxy has appended the address that it saw; what stands before those, anyone may have written.
    """
    seen = [*request.META.get("HTTP_X_FORWARDED_FOR", "").split(","), request.META.get("REMOTE_ADDR", "")]
    told = seen[-1 - min(settings.PROXIES, len(seen) - 1)].strip()
    try:
        return str(ipaddress.ip_address(told))
    except ValueError:
        return None
