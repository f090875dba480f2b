"""Members of projects: made and changed as over REST, so that nobody gives what they do not have."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest

from api import audit, granting
from api.admin.filters import FewFilter
from api.errors import CeleriacError, Invalid
from api.models import Membership


class MembershipForm(forms.ModelForm):
    """A membership; what may not be given is told at the field, and nothing is written."""

    request: HttpRequest  # whose right to give is asked

    def clean(self) -> dict[str, Any]:
        fields = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                with transaction.atomic():
                    self.write()
                    transaction.set_rollback(True)
            except CeleriacError as error:
                field = error.field if isinstance(error, Invalid) else "may_write_commands"
                self.add_error(field if field in self.fields else None, error.message)
        return fields

    def validate_constraints(self) -> None:
        """Leave that to `granting`, whose words say more."""

    def validate_unique(self) -> None:
        """Leave that to `granting`, too."""

    def write(self) -> Membership:
        """Have the membership written."""
        if self.instance.pk:
            return granting.change_member(self.request, self.instance.pk, self.cleaned_data)
        return granting.make_member(self.request, self.cleaned_data)


@admin.register(Membership)
class MembershipAdmin(admin.ModelAdmin):
    """Who is what in which project."""

    form = MembershipForm
    fields = ["user", "project", "role", "may_write_commands", "created_at"]
    list_display = ["user", "project", "role", "may_write_commands", "created_at"]
    list_filter = ["role", "may_write_commands", ("project", FewFilter)]
    list_select_related = ["user", "project"]
    search_fields = ["user__username", "user__email", "project__name"]
    autocomplete_fields = ["user", "project"]
    ordering = ["project__name", "user__username"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Keep a membership with its user and its project: another one is made instead."""
        return ["created_at", *(["user", "project"] if obj else [])]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> type[Any]:
        form: Any = super().get_form(request, obj, change, **kwargs)
        form.request = request
        return form

    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:
        before = Membership.objects.get(pk=obj.pk) if change else None
        written = form.write()
        obj.pk = written.pk
        self._write_down(request, "update" if change else "create", written, audit.changes(before, form.cleaned_data))

    def delete_model(self, request: HttpRequest, obj: Membership) -> None:
        self._write_down(request, "delete", obj)
        obj.delete()

    @transaction.atomic
    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Membership]) -> None:
        for member in queryset:
            self.delete_model(request, member)

    def _write_down(self, request: HttpRequest, verb: str, member: Membership, facts: Any = None) -> None:
        audit.record(request, f"member.{verb}", instance=member, project_id=member.project_id, facts=facts)
