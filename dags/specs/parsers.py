"""Job specs as request bodies: the document itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from rest_framework.parsers import BaseParser

from api.parsers import read_within
from dags.specs import documents


class JSONSpecParser(BaseParser):
    """A spec as JSON."""

    media_type = "application/json"
    read = staticmethod(documents.read_json)

    def parse(self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        """Return the document's plain values; raise `InvalidSpec` (400) or `TooLarge` (413)."""
        return self.read(read_within(stream, settings.MAX_GRAPH_BODY))


class YAMLSpecParser(JSONSpecParser):
    """A spec as YAML."""

    media_type = "application/yaml"
    read = staticmethod(documents.read_yaml)


class OlderYAMLSpecParser(YAMLSpecParser):
    """YAML under the name that it had before it was registered."""

    media_type = "application/x-yaml"


class TextYAMLSpecParser(YAMLSpecParser):
    """YAML as a text."""

    media_type = "text/yaml"


SPEC_PARSERS = [JSONSpecParser, YAMLSpecParser, OlderYAMLSpecParser, TextYAMLSpecParser]
