"""What log lines may hold: one line each, the id of their request, and no one-time key."""

from __future__ import annotations

import logging
import re

from django.http import HttpRequest

from api import request_ids

_KEY = re.compile(r"(execution/report/)[^/?\s\"']+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class OneLine(logging.Filter):
    """Escape what would begin a new line, mask one-time keys in paths, and add `request_id`."""

    def filter(self, record: logging.LogRecord) -> bool:
        text = _KEY.sub(r"\1***", record.getMessage())
        record.msg = _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
        record.args = ()
        # Django logs errors after the last middleware has been left, but tells of which request.
        about = getattr(record, "request", None)
        record.request_id = request_ids.present(about if isinstance(about, HttpRequest) else None)
        return True
