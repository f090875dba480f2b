"""Django admin for notifications and their deliveries: doors to `notifications/services.py`."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join

from api import audit
from api.admin.filters import FewFilter
from api.admin.reading import ReadOnlyAdmin
from api.errors import Invalid
from dags.admin.doors import ServiceAdmin
from notifications import services
from notifications.checking import check
from notifications.models import Delivery, Notification
from notifications.rules import DEFINITION, MOST_RECIPIENTS, Event

SHOWN_ONCE = "This is what its webhooks are signed with. It is shown this once: {}"


class NotificationForm(forms.ModelForm):
    """A notification; recipients stand on a line each."""

    events = forms.MultipleChoiceField(choices=Event.choices, widget=forms.CheckboxSelectMultiple)
    recipients = forms.CharField(required=False, widget=forms.Textarea, help_text="Of e-mail: one address on each line.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["recipients"] = "\n".join(self.instance.recipients or ())

    def clean_recipients(self) -> list[str]:
        lines = [line.strip() for line in self.cleaned_data["recipients"].splitlines() if line.strip()]
        if len(lines) > MOST_RECIPIENTS:
            raise forms.ValidationError(f"At most {MOST_RECIPIENTS} recipients.")
        return [forms.EmailField().clean(line) for line in lines]

    def clean(self) -> dict[str, Any]:
        """Have the service say what is wrong where the fields stand."""
        fields = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                check(Notification(pk=self.instance.pk, **self._whole(fields)))
            except Invalid as error:
                self.add_error(error.field if error.field in self.fields else None, error.message)
        return fields

    def _whole(self, fields: dict[str, Any]) -> dict[str, Any]:
        """Return the fields with those that the page does not let be changed."""
        kept = {name: getattr(self.instance, name) for name in services.KEPT} if self.instance.pk else {}
        return {**kept, **fields}


@admin.register(Notification)
class NotificationAdmin(ServiceAdmin):
    """Notifications; the secret of a webhook is shown once, when it is made or replaced."""

    kind = "notification"
    form = NotificationForm
    fields = [
        *DEFINITION,
        "failing_since",
        "disabled_reason",
    ]
    list_display = [
        "name",
        "project",
        "graph",
        "schedule",
        "channel",
        "told_events",
        "enabled",
        "failing_since",
        "disabled_reason",
    ]
    list_filter = ["enabled", "channel", ("project", FewFilter)]
    list_select_related = ["project", "graph", "schedule"]
    search_fields = ["name", "project__name", "graph__name"]
    autocomplete_fields = ["project", "graph"]
    raw_id_fields = ["schedule"]
    ordering = ["-pk"]
    actions = ["send_test", "replace_secret"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["failing_since", "disabled_reason", *(services.KEPT if obj else ())]

    @admin.display(description="events")
    def told_events(self, notification: Notification) -> str:
        return ", ".join(notification.events)

    def save_model(self, request: HttpRequest, obj: Notification, form: Any, change: bool) -> None:
        before = Notification.objects.get(pk=obj.pk) if change else None
        if change:
            services.update_notifications({obj.pk: form.cleaned_data})
        else:
            (made,) = services.create_notifications([form.cleaned_data])
            obj.pk = made.notification.pk
            self._show(request, made)
        self.write_down(request, "update" if change else "create", obj, audit.changes(before, form.cleaned_data))

    def erase(self, ids: list[Any]) -> None:
        services.delete_notifications(ids)

    @admin.action(description="Send a test", permissions=["change"])
    def send_test(self, request: HttpRequest, queryset: QuerySet[Notification]) -> None:
        chosen = list(queryset)
        services.send_tests(chosen)
        for one in chosen:
            self.write_down(request, "test", one)
        self.message_user(request, "The tests are on their way: see the deliveries for what comes of them.")

    @admin.action(description="Replace the secret", permissions=["change"])
    def replace_secret(self, request: HttpRequest, queryset: QuerySet[Notification]) -> None:
        for made in services.rotate_secrets([one.pk for one in queryset]):
            self.write_down(request, "rotate", made.notification)
            self._show(request, made)

    def _show(self, request: HttpRequest, made: services.Made) -> None:
        if made.secret:
            self.message_user(request, f"{made.notification}: {SHOWN_ONCE.format(made.secret)}", messages.WARNING)


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    """Deliveries: to be read, and to be sent again."""

    list_display = ["message_id", "notification", "event", "graph_run_id", "status", "tries", "due_at", "created_at"]
    list_filter = ["status", "event", "created_at"]
    list_select_related = ["notification"]
    search_fields = ["message_id", "notification__name"]
    show_full_result_count = False
    ordering = ["-pk"]
    fields = [
        "notification",
        "event",
        "graph_run_id",
        "message_id",
        "status",
        "tries",
        "due_at",
        "delivered_at",
        "told",
        "body",
    ]
    readonly_fields = ["told", "graph_run_id"]
    actions = ["deliver_again"]

    @admin.display(description="tries")
    def told(self, delivery: Delivery) -> str:
        rows = ((one["at"], one["status"] or "", one["seconds"], one["error"], one["answer"]) for one in delivery.log)
        return format_html_join("", "<p>{} {} {} s {}<br><code>{}</code></p>", rows) or "-"

    def has_redeliver_permission(self, request: HttpRequest) -> bool:
        """Let those send again who may change notifications."""
        return request.user.has_perm("notifications.change_notification")

    @admin.action(description="Deliver once more", permissions=["redeliver"])
    def deliver_again(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        for delivery in services.redeliver([one.pk for one in queryset]):
            audit.record(
                request, "delivery.redeliver", instance=delivery, project_id=delivery.notification.project_id, facts={}
            )
        self.message_user(request, "They are on their way.")
