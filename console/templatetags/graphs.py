"""`{% load graphs %}`: what the editor of a graph needs, on whichever page it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template

from console.editing import Editing
from console.editing import editing as begin
from dags.models import Graph

register = template.Library()


@register.simple_tag(takes_context=True)
def editing(context: Mapping[str, Any], graph: Graph | None, restored: Mapping[str, Any] | None = None) -> Editing:
    """Return what the editor begins with, of a graph or of None for a new one."""
    return begin(context["request"], graph or None, restored or None)
