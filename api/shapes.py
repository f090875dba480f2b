"""Tokens, members and audit entries as JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.utils import timezone
from rest_framework import serializers

from api.models import AuditEntry, Membership, Token
from api.rights import Scope
from api.serializers import Strict, VisibleKey


class TokenSerializer(Strict, serializers.ModelSerializer):
    """A token; its clear text is shown once, when it is made."""

    user = serializers.CharField(source="user.username", read_only=True)
    scopes = serializers.ListField(
        child=serializers.ChoiceField(choices=Scope.choices),
        required=False,
        min_length=1,
        max_length=len(Scope),
        help_text="What it may be used for, as far as its user may; all by default.",
    )
    project: Any = VisibleKey(
        queryset=Token._meta.get_field("project").related_model._default_manager.all(),
        project="pk",
        right=Scope.READ,
        required=False,
        allow_null=True,
        help_text="Only this project; null for all of its user's.",
    )
    expiry = serializers.DateTimeField(required=False, allow_null=True, help_text="When it ends; null for never.")

    class Meta:
        model = Token
        fields = ["id", "name", "user", "scopes", "project", "created", "expiry"]
        read_only_fields = ["created"]

    def validate_expiry(self, expiry: datetime | None) -> datetime | None:
        if expiry is not None and expiry <= timezone.now():
            raise serializers.ValidationError("Must be in the future.")
        return expiry


class NewTokenSerializer(TokenSerializer):
    """A token that was just made."""

    token = serializers.CharField(read_only=True, help_text="The token itself: kept nowhere, and never shown again.")

    class Meta(TokenSerializer.Meta):
        fields = [*TokenSerializer.Meta.fields, "token"]


class MemberSerializer(Strict, serializers.ModelSerializer):
    """What a user is in a project."""

    user: Any = serializers.SlugRelatedField(
        slug_field="username", queryset=get_user_model()._default_manager.all(), help_text="User name."
    )
    project: Any = VisibleKey(queryset=Membership._meta.get_field("project").related_model._default_manager.all(), project="pk")

    class Meta:
        model = Membership
        fields = ["id", "project", "user", "role", "may_write_commands", "created_at"]
        read_only_fields = ["created_at"]
        validators: list[Any] = []  # that the pair is new is checked with the rest, where it is made


class AuditEntrySerializer(serializers.ModelSerializer):
    """Who did what to what."""

    user = serializers.CharField(source="user_name", help_text="User name; empty where nobody was signed in.")
    facts = serializers.JSONField(help_text="What changed; what may be secret only as a digest.")

    class Meta:
        model = AuditEntry
        fields = ["id", "at", "user", "token", "action", "object_id", "label", "project", "address", "request_id", "facts"]
