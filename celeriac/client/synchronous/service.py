"""Notifications, tokens, members, the audit trail, and the machines: what surrounds the work."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Unpack, cast
from urllib.parse import quote

from celeriac.client.errors import Conflict
from celeriac.client.fields import NotificationFields
from celeriac.client.more_shapes import (
    AuditEntry,
    Delivery,
    Member,
    NewNotification,
    NewToken,
    Node,
    NodeDetail,
    Notification,
    Token,
)
from celeriac.client.synchronous.resource import Resource


class Notifications(Resource):
    """Who is told of what: `notification/`."""

    def list(
        self,
        *,
        project: int | None = None,
        graph: int | None = None,
        schedule: int | None = None,
        channel: str | None = None,
        enabled: bool | None = None,
        search: str | None = None,
        limit: int | None = None,
    ) -> Iterator[Notification]:
        """Yield notifications, newest first."""
        filters = {"project": project, "graph": graph, "schedule": schedule, "channel": channel, "enabled": enabled}
        return self._wire.rows("/scheduler/notification/list/", limit, **filters, search=search)

    def get(self, notification_id: int) -> Notification:
        """Return a notification."""
        return cast(Notification, self._wire.get(f"/scheduler/notification/{notification_id}/"))

    def create(self, **fields: Unpack[NotificationFields]) -> NewNotification:
        """Create a notification; the answer alone shows the secret of its webhooks."""
        return cast(NewNotification, self._wire.post("/scheduler/notification/create/", fields))

    def update(self, notification_id: int, /, **fields: Unpack[NotificationFields]) -> Notification:
        """Change some fields of a notification."""
        return cast(Notification, self._wire.patch(f"/scheduler/notification/{notification_id}/", fields))

    def replace(self, notification_id: int, /, **fields: Unpack[NotificationFields]) -> Notification:
        """Replace a notification."""
        return cast(Notification, self._wire.put(f"/scheduler/notification/{notification_id}/", fields))

    def delete(self, notification_id: int) -> None:
        """Delete a notification."""
        self._wire.delete(f"/scheduler/notification/{notification_id}/")

    def rotate(self, notification_id: int) -> NewNotification:
        """Make a new secret for its webhooks."""
        return cast(NewNotification, self._wire.post(f"/scheduler/notification/{notification_id}/rotate/"))

    def test(self, notification_id: int) -> Delivery:
        """Send a message for trying."""
        return cast(Delivery, self._wire.post(f"/scheduler/notification/{notification_id}/test/"))

    def deliveries(
        self,
        notification_id: int,
        *,
        status: str | None = None,
        event: str | None = None,
        execution: int | None = None,
        since: str | None = None,
        limit: int | None = None,
    ) -> Iterator[Delivery]:
        """Yield what became of its messages, newest first."""
        filters = {"status": status, "event": event, "execution": execution, "since": since}
        return self._wire.rows(f"/scheduler/notification/{notification_id}/deliveries/", limit, **filters)

    def delivery(self, delivery_id: int) -> Delivery:
        """Return one message's fate."""
        return cast(Delivery, self._wire.get(f"/scheduler/notification/delivery/{delivery_id}/"))

    def redeliver(self, delivery_id: int) -> Delivery:
        """Send a message again."""
        return cast(Delivery, self._wire.post(f"/scheduler/notification/delivery/{delivery_id}/redeliver/"))


class Tokens(Resource):
    """Tokens: `token/`."""

    def list(self, *, limit: int | None = None) -> Iterator[Token]:
        """Yield tokens, newest first."""
        return self._wire.rows("/scheduler/token/list/", limit)

    def get(self, token_id: int) -> Token:
        """Return a token, without its text."""
        return cast(Token, self._wire.get(f"/scheduler/token/{token_id}/"))

    def create(
        self, name: str = "", *, scopes: Sequence[str] | None = None, project: int | None = None, expiry: str | None = None
    ) -> NewToken:
        """Create a token; the answer alone shows its text."""
        told = {"name": name, "scopes": scopes, "project": project, "expiry": expiry}
        fields = {key: value for key, value in told.items() if value is not None}
        made = self._wire.post("/scheduler/token/create/", fields)
        if "token" not in made:  # the answer that showed it was lost, and this one is told again
            lost = f"Token {made['id']} was made and its text lost on the way: delete that one and make another."
            raise Conflict(409, "shown_once", lost)
        return cast(NewToken, made)

    def delete(self, token_id: int) -> None:
        """Revoke a token."""
        self._wire.delete(f"/scheduler/token/{token_id}/")


class Members(Resource):
    """Members of projects: `member/`."""

    def list(
        self,
        *,
        project: int | None = None,
        user: str | None = None,
        role: str | None = None,
        search: str | None = None,
        limit: int | None = None,
    ) -> Iterator[Member]:
        """Yield members, newest first."""
        return self._wire.rows("/scheduler/member/list/", limit, project=project, user=user, role=role, search=search)

    def get(self, member_id: int) -> Member:
        """Return a member."""
        return cast(Member, self._wire.get(f"/scheduler/member/{member_id}/"))

    def create(self, *, project: int, user: str, **fields: Any) -> Member:
        """Make a user a member of a project; `role` and `may_write_commands` say of what kind."""
        return cast(Member, self._wire.post("/scheduler/member/create/", {"project": project, "user": user, **fields}))

    def update(self, member_id: int, /, **fields: Any) -> Member:
        """Change what a member may do."""
        return cast(Member, self._wire.patch(f"/scheduler/member/{member_id}/", fields))

    def delete(self, member_id: int) -> None:
        """Take a member out of its project."""
        self._wire.delete(f"/scheduler/member/{member_id}/")


class Audit(Resource):
    """The audit trail: `audit/`."""

    def list(
        self,
        *,
        action: str | None = None,
        project: int | None = None,
        user: str | None = None,
        since: str | None = None,
        search: str | None = None,
        limit: int | None = None,
    ) -> Iterator[AuditEntry]:
        """Yield who did what, newest first."""
        filters = {"action": action, "project": project, "user": user, "since": since, "search": search}
        return self._wire.rows("/scheduler/audit/list/", limit, **filters)


class Nodes(Resource):
    """Machines that work: `node/`."""

    def list(
        self,
        *,
        state: str | None = None,
        role: str | None = None,
        label: str | None = None,
        search: str | None = None,
        limit: int | None = None,
    ) -> Iterator[Node]:
        """Yield nodes: in a state, with one of some roles (`loader,database`), with all of some labels (`disk=ssd,zone`)."""
        filters = {"state": state, "role": role, "label": label, "search": search}
        return self._wire.rows("/scheduler/node/list/", limit, **filters)

    def get(self, name: str) -> NodeDetail:
        """Return a node, its workers, and what it runs."""
        return cast(NodeDetail, self._wire.get(f"/scheduler/node/{quote(name, safe='')}/"))
