"""What every page and every action of the console has in common: who may enter, what is found, what is told."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, TypeVar, cast

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_POST, require_safe

from api import audit
from api.access import project_id_of, require, visible
from api.errors import CeleriacError, Forbidden, Invalid, NotFound
from api.rights import Scope

AnyModel = TypeVar("AnyModel", bound=Model)
View = Callable[..., HttpResponseBase]

TOLD = "told"  # the event by which a script learns what to tell


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

    def decorated(view: View) -> View:
        @wraps(view)
        def entered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return _to_login(request)
            try:
                return view(request, *args, **kwargs)
            except (CeleriacError, Http404) as error:
                return _error_page(request, error)

        return _ruled(gzip_page(never_cache(require_safe(entered))), right)

    return decorated


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
            return _gone_on(request, deed)

        return _ruled(never_cache(require_POST(entered)), right)

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
        return HttpResponse(status=204, headers=_telling(text=deed.said, level="success"))
    messages.success(request, deed.said)
    return HttpResponse(status=204, headers={"HX-Redirect": deed.goto}) if scripted else redirect(deed.goto)


def _refusal(request: HttpRequest, error: CeleriacError | Http404) -> HttpResponse:
    """Tell why an action was refused: a script by an event, which loses nothing of the page; anybody else by a page."""
    if "HX-Request" not in request.headers:
        return _error_page(request, error)
    told = _noticed(request, error)
    at_fault = getattr(told, "field", None)
    return HttpResponse(status=told.status, headers=_telling(text=_text(told), **({"field": at_fault} if at_fault else {})))


def _telling(**what: str) -> dict[str, str]:
    return {"HX-Trigger": json.dumps({TOLD: what})}


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
    return f"{error.field}: {' '.join(error.messages)}" if isinstance(error, Invalid) and error.field else error.message
