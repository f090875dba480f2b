"""Django admin for tokens: the token itself is shown once, when it is made."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from knox.models import get_digest_token
from knox.settings import CONSTANTS

from api import audit
from api.admin.filters import FewFilter
from api.models import Scope, Token, all_scopes


class TokenForm(forms.ModelForm):
    """A token's name and limits."""

    scopes = forms.MultipleChoiceField(choices=Scope.choices, initial=all_scopes, widget=forms.CheckboxSelectMultiple)


@admin.register(Token)
class TokenAdmin(admin.ModelAdmin):
    """Tokens; of each only the digest is kept."""

    form = TokenForm
    fields = ["name", "user", "scopes", "expiry", "project"]
    list_display = ["__str__", "user", "told_scopes", "expiry", "project", "created"]
    list_filter = ["expiry", "created", ("project", FewFilter)]
    list_select_related = ["user", "project"]
    search_fields = ["name", "user__username", "token_key"]
    autocomplete_fields = ["user", "project"]
    ordering = ["-created"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Token]:
        """Return all tokens to superusers, to others their own: a token may all that its user may."""
        tokens = super().get_queryset(request)
        return tokens if request.user.is_superuser else tokens.filter(user=request.user)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "user" and not request.user.is_superuser:
            kwargs["queryset"] = get_user_model().objects.filter(username=request.user.get_username())
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    @admin.display(description="scopes")
    def told_scopes(self, token: Token) -> str:
        return ", ".join(token.scopes)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Keep a token that there is with its user: whoever holds it would become another."""
        return ["user"] if obj else []

    def save_model(self, request: HttpRequest, obj: Token, form: Any, change: bool) -> None:
        facts = {"scopes": obj.scopes, "expiry": obj.expiry and obj.expiry.isoformat()}
        if change:
            obj.save(update_fields=["name", "scopes", "expiry", "project"])
            audit.record(request, "token.update", instance=obj, project_id=obj.project_id, facts=facts)
            return
        obj.digest, secret = get_digest_token()
        obj.token_key = secret[: CONSTANTS.TOKEN_KEY_LENGTH]
        obj.save()
        audit.record(request, "token.create", instance=obj, project_id=obj.project_id, facts=facts)
        self.message_user(request, f"This is the token. It is shown this once: {secret}", messages.WARNING)

    def delete_model(self, request: HttpRequest, obj: Token) -> None:
        audit.record(request, "token.delete", instance=obj, project_id=obj.project_id)
        obj.delete()

    @transaction.atomic
    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Token]) -> None:
        for token in queryset:
            self.delete_model(request, token)
