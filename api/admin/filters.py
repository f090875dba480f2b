"""Filters of the admin's lists."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from api.filtering import whole

MANY = 30


class FewFilter(admin.RelatedFieldListFilter):
    """What rows are related to, such as projects, while that is few: a longer list is no help, and the search finds names."""

    lookup_val: Any
    few: bool

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> list[tuple[Any, Any]]:
        related = field.related_model._default_manager.order_by(*self.field_admin_ordering(field, request, model_admin))
        found = list(related[: MANY + 1])
        self.few = len(found) <= MANY
        if not self.few:
            chosen = [pk for value in self.lookup_val or () if (pk := whole(str(value))) is not None]
            found = list(related.filter(pk__in=chosen)) if chosen else []
        return [(one.pk, str(one)) for one in found]

    def has_output(self) -> bool:
        return super().has_output() if self.few else bool(self.lookup_val)
