"""Forms with files: what is large goes to disk while it is read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from rest_framework.exceptions import ParseError
from rest_framework.parsers import DataAndFiles, MultiPartParser

from api.errors import TooLarge
from api.parsers import check_length


class FormParser(MultiPartParser):
    """Parse `multipart/form-data` of at most the view's `max_form` bytes; a field that occurs twice is refused."""

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> DataAndFiles[Any, Any]:
        """Return the fields and the files; raise ParseError (400) or TooLarge (413)."""
        check_length(stream, getattr((parser_context or {}).get("view"), "max_form", settings.MAX_BODY))
        try:
            parsed = super().parse(stream, media_type, dict(parser_context or {}))
        except RequestDataTooBig:
            raise TooLarge from None
        except SuspiciousOperation as error:
            raise ParseError(str(error)) from None
        twice = [name for part in (parsed.data, parsed.files) for name, values in part.lists() if len(values) > 1]
        if twice:
            raise ParseError(f"The field {twice[0]!r} occurs twice.")
        return parsed
