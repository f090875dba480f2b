"""A graph drawn, as the service answers with it; the drawing is the SDK's, so that both show the same."""

from __future__ import annotations

from django.http import HttpResponse

from celeriac.picture import draw

__all__ = ["answer", "draw"]


def answer(svg: str) -> HttpResponse:
    """Return the picture as an answer that may be shown as a page of its own: nothing in it can run."""
    headers = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}
    return HttpResponse(svg, content_type="image/svg+xml; charset=utf-8", headers=headers)
