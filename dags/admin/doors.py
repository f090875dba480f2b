"""What admin pages have in common whose objects a service writes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from api import audit
from api.access import project_id_of
from api.errors import CeleriacError

SHOWN = 100  # objects named before they are deleted


class ServiceAdmin(admin.ModelAdmin):
    """A page that deletes through a service, and tells a service's refusal as a message.

    `kind` is what the audit trail calls the objects; `project_lookup` leads from one to its project's id.
    """

    kind: str
    project_lookup = "project_id"

    def erase(self, ids: list[Any]) -> None:
        """Delete the objects with these ids; raise `CeleriacError` if that may not be."""
        raise NotImplementedError

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self._delete(request, [obj])

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        self._delete(request, list(queryset))

    @transaction.atomic
    def _delete(self, request: HttpRequest, objs: list[Any]) -> None:
        for obj in objs:
            self.write_down(request, "delete", obj)
        self.erase([obj.pk for obj in objs])

    def write_down(self, request: HttpRequest, verb: str, obj: Any, facts: Mapping[str, Any] | None = None) -> None:
        """Have the audit trail tell the deed, as it would were it done over REST."""
        project_id = project_id_of(obj, self.project_lookup)
        audit.record(request, f"{self.kind}.{verb}", instance=obj, project_id=project_id, facts=facts)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Name the objects alone: Django would read every row that goes with them, of runs millions."""
        ids = [obj.pk for obj in objs]
        named = [str(obj) for obj in objs[:SHOWN]]
        if len(ids) > SHOWN:
            named.append(f"... and {len(ids) - SHOWN} more")
        return named, self.counted(ids), set(), self.kept(ids)

    def counted(self, ids: list[Any]) -> dict[str, int]:
        """Return how many objects of each kind would go."""
        return {str(self.opts.verbose_name_plural): len(ids)}

    def kept(self, ids: list[Any]) -> list[str]:
        """Return what speaks against deleting these, if anything does."""
        return []

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        parent = super().changelist_view
        return self._told(request, lambda: parent(request, extra_context))

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        parent = super().changeform_view
        return self._told(request, lambda: parent(request, object_id, form_url, extra_context))

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        parent = super().delete_view
        return self._told(request, lambda: parent(request, object_id, extra_context))

    def _told(self, request: HttpRequest, view: Callable[[], HttpResponse]) -> HttpResponse:
        try:
            return view()
        except CeleriacError as error:
            self.message_user(request, error.message, messages.ERROR)
            return HttpResponseRedirect(reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"))


def filtered(model: type[Model], **filters: object) -> str:
    """Return the address of the admin's list of a model, of those rows alone that the filters name."""
    page = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    return f"{page}?{urlencode({f'{name}__exact': value for name, value in filters.items()})}"
