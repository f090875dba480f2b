"""OUTSIDE: the one way in which this service makes HTTP requests to addresses that users name.

    answer = outbound.request("POST", url, headers={...}, json={...}, timeout=10)
    answer = outbound.download(url, into=file, etag=last.etag)
    outbound.check(url)      # before saving it: raises Refused for what no request would be made to

An address is looked up once, judged, and connected to exactly as it was judged, for each redirect anew: an answer of DNS
that changes and a redirect lead nowhere else. What goes wrong is an `OutboundError`, whose message may be shown to anybody.
"""

from outbound.answers import Answer
from outbound.asking import check_headers, download, request
from outbound.digest import Digest
from outbound.errors import Garbled, OutboundError, Refused, TimedOut, TooLarge, Unreachable
from outbound.targets import check

__all__ = [
    "Answer",
    "Digest",
    "Garbled",
    "OutboundError",
    "Refused",
    "TimedOut",
    "TooLarge",
    "Unreachable",
    "check",
    "check_headers",
    "download",
    "request",
]
