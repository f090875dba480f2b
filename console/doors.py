"""What every page and every action of the console has in common: who may enter, what is found, what is told."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.db import IntegrityError, transaction
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_POST, require_safe

from api import audit
from api.access import project_id_of, require, visible
from api.errors import CeleriacError, Forbidden, Invalid, NotFound
from api.handler import Overtaken
from api.rights import Scope
from console.asked import faults

AnyModel = TypeVar("AnyModel", bound=Model)
View = Callable[..., HttpResponseBase]

TOLD = "told"  # the event by which a script learns what to tell
FAULTS = "faults"  # the event by which it learns what is wrong with which field: nothing any more, of an empty object


@dataclass(frozen=True, kw_only=True)
class Deed:
    """What an action has done: to what, what the audit trail tells of it, and where the browser goes on.

    `project` is the look-up that leads from the object to its project's id. Where it `stays`, a script keeps its page, and is
    told there.
    """

    on: Model
    said: str
    goto: str
    project: str = "project_id"
    facts: Mapping[str, Any] | None = field(default_factory=dict)
    """None where nothing has changed: there is nothing to write down."""
    stays: bool = False


def page(*, right: str) -> Callable[[View], View]:
    """Make a view a page for those who are signed in; `right` is what it takes to see what it finds."""
    return lambda view: _ruled(gzip_page(require_safe(_entered(view, _error_page))), right)


def question(*, right: str) -> Callable[[View], View]:
    """Make a view what answers a POST that changes nothing: a question that fits into no address, such as a file."""
    return lambda view: _ruled(gzip_page(require_POST(_entered(view, _refusal))), right)


def action(*, right: str, verb: str) -> Callable[[Callable[..., Deed]], View]:
    """Make a function an action: a POST that is written down as `verb` in its own transaction, and told to who did it."""

    def decorated(act: Callable[..., Deed]) -> View:
        @wraps(act)
        def entered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return _to_login(request)
            try:
                with transaction.atomic():  # a deed without its entry, or an entry without its deed, never stays
                    deed = act(request, *args, **kwargs)
                    if deed.facts is not None:
                        project_id = project_id_of(deed.on, deed.project)
                        audit.record(request, verb, instance=deed.on, project_id=project_id, facts=deed.facts)
            except (CeleriacError, Http404) as error:
                return _refusal(request, error)
            except IntegrityError:  # the services check under a lock, so only a race gets this far
                return _refusal(request, Overtaken())
            return _gone_on(request, deed)

        return _ruled(require_POST(entered), right)

    return decorated


def opened(view: View, *, because: str) -> View:
    """Let everyone in, for a reason."""
    cast("Any", view).open_because = because
    return view


def find(request: HttpRequest, rows: QuerySet[AnyModel], pk: int, project: str = "project_id") -> AnyModel:
    """Return the row with this key, if the route's right allows it; what is not yours does not exist."""
    match = request.resolver_match
    right = str(getattr(match.func, "right", Scope.ADMIN)) if match else Scope.ADMIN
    found = visible(rows, request, project).filter(pk=pk).first()
    project_id = project_id_of(found, project) if found is not None else None
    if found is None or project_id is None:
        raise NotFound
    if right != Scope.READ:  # what is seen may be read
        require(request, right, project_id)
    return found


def back(request: HttpRequest, otherwise: str) -> str:
    """Return the page of ours that the browser is on, as it says, for an action that can be done on several."""
    url = request.headers.get("HX-Current-URL") or request.headers.get("Referer") or ""
    if not url_has_allowed_host_and_scheme(url, {request.get_host()}):
        return otherwise
    told = urlsplit(url)
    place = f"{told.path}?{told.query}" if told.query else told.path
    # Once more: a path that begins with two slashes is the address of another host.
    return place if place and url_has_allowed_host_and_scheme(place, None) else otherwise


def telling(events: Mapping[str, Any]) -> dict[str, str]:
    """Return the header by which a script learns of events."""
    return {"HX-Trigger": json.dumps(events)}


def _entered(view: View, refused: Callable[[HttpRequest, CeleriacError | Http404], HttpResponse]) -> View:
    @wraps(view)
    def entered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return _to_login(request)
        try:
            return view(request, *args, **kwargs)
        except (CeleriacError, Http404) as error:
            return refused(request, error)

    return entered


def _ruled(view: View, right: str) -> View:
    cast("Any", view).right = right
    return view


def _to_login(request: HttpRequest) -> HttpResponse:
    """Send to the login, and back to the page; a fragment would show the login inside of the page, and says so instead."""
    if "HX-Request" in request.headers:
        return HttpResponse(status=401, headers={"HX-Redirect": reverse("console:login")})
    return redirect_to_login(request.get_full_path() if request.method == "GET" else reverse("console:overview"))


def _gone_on(request: HttpRequest, deed: Deed) -> HttpResponse:
    scripted = "HX-Request" in request.headers
    if scripted and deed.stays:
        return HttpResponse(status=204, headers=telling({TOLD: {"text": deed.said, "level": "success"}}))
    messages.success(request, deed.said)
    return HttpResponse(status=204, headers={"HX-Redirect": deed.goto}) if scripted else redirect(deed.goto)


def _refusal(request: HttpRequest, error: CeleriacError | Http404) -> HttpResponse:
    """Tell why an action was refused: a script by an event, which loses nothing of the page; anybody else by a page."""
    if "HX-Request" not in request.headers:
        return _error_page(request, error)
    told = _noticed(request, error)
    what = {"text": _text(told)}
    if not isinstance(told, Invalid) or not told.field:
        return HttpResponse(status=told.status, headers=telling({TOLD: what}))
    events = {TOLD: {**what, "field": told.field}, FAULTS: {"by_field": faults(told)}}
    return HttpResponse(status=told.status, headers=telling(events))


def _error_page(request: HttpRequest, error: CeleriacError | Http404) -> HttpResponse:
    told = _noticed(request, error)
    return render(request, "console/error.html", {"status": told.status, "text": _text(told)}, status=told.status)


def _noticed(request: HttpRequest, error: CeleriacError | Http404) -> CeleriacError:
    """Return the error as one of ours, and have a denial written down."""
    told = error if isinstance(error, CeleriacError) else NotFound()
    if isinstance(told, Forbidden):
        audit.record_refusal(request, None)
    return told


def _text(error: CeleriacError) -> str:
    if type(error) is NotFound:
        return "It does not exist, is gone, or belongs to a project that you are no member of."
    return f"{error.field}: {' '.join(error.messages)}" if isinstance(error, Invalid) and error.field else error.message
