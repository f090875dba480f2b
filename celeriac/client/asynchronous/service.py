"""Notifications, tokens, members, the audit trail, and the machines: what surrounds the work."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any, Unpack, cast
from urllib.parse import quote

from celeriac.client.asynchronous.resource import AsyncResource
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


class AsyncNotifications(AsyncResource):
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
    ) -> AsyncIterator[Notification]:
        """Yield notifications, newest first."""
        filters = {"project": project, "graph": graph, "schedule": schedule, "channel": channel, "enabled": enabled}
        return self._wire.rows("/scheduler/notification/list/", limit, **filters, search=search)

    async def get(self, notification_id: int) -> Notification:
        """Return a notification."""
        return cast(Notification, await self._wire.get(f"/scheduler/notification/{notification_id}/"))

    async def create(self, **fields: Unpack[NotificationFields]) -> NewNotification:
        """Create a notification; the answer alone shows the secret of its webhooks."""
        return cast(NewNotification, await self._wire.post("/scheduler/notification/create/", fields))

    async def update(self, notification_id: int, /, **fields: Unpack[NotificationFields]) -> Notification:
        """Change some fields of a notification."""
        return cast(Notification, await self._wire.patch(f"/scheduler/notification/{notification_id}/", fields))

    async def replace(self, notification_id: int, /, **fields: Unpack[NotificationFields]) -> Notification:
        """Replace a notification."""
        return cast(Notification, await self._wire.put(f"/scheduler/notification/{notification_id}/", fields))

    async def delete(self, notification_id: int) -> None:
        """Delete a notification."""
        await self._wire.delete(f"/scheduler/notification/{notification_id}/")

    async def rotate(self, notification_id: int) -> NewNotification:
        """Make a new secret for its webhooks."""
        return cast(NewNotification, await self._wire.post(f"/scheduler/notification/{notification_id}/rotate/"))

    async def test(self, notification_id: int) -> Delivery:
        """Send a message for trying."""
        return cast(Delivery, await self._wire.post(f"/scheduler/notification/{notification_id}/test/"))

    def deliveries(
        self,
        notification_id: int,
        *,
        status: str | None = None,
        event: str | None = None,
        execution: int | None = None,
        since: str | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[Delivery]:
        """Yield what became of its messages, newest first."""
        filters = {"status": status, "event": event, "execution": execution, "since": since}
        return self._wire.rows(f"/scheduler/notification/{notification_id}/deliveries/", limit, **filters)

    async def delivery(self, delivery_id: int) -> Delivery:
        """Return one message's fate."""
        return cast(Delivery, await self._wire.get(f"/scheduler/notification/delivery/{delivery_id}/"))

    async def redeliver(self, delivery_id: int) -> Delivery:
        """Send a message again."""
        return cast(Delivery, await self._wire.post(f"/scheduler/notification/delivery/{delivery_id}/redeliver/"))


class AsyncTokens(AsyncResource):
    """Tokens: `token/`."""

    def list(self, *, limit: int | None = None) -> AsyncIterator[Token]:
        """Yield tokens, newest first."""
        return self._wire.rows("/scheduler/token/list/", limit)

    async def get(self, token_id: int) -> Token:
        """Return a token, without its text."""
        return cast(Token, await self._wire.get(f"/scheduler/token/{token_id}/"))

    async def create(
        self, name: str = "", *, scopes: Sequence[str] | None = None, project: int | None = None, expiry: str | None = None
    ) -> NewToken:
        """Create a token; the answer alone shows its text."""
        told = {"name": name, "scopes": scopes, "project": project, "expiry": expiry}
        fields = {key: value for key, value in told.items() if value is not None}
        made = await self._wire.post("/scheduler/token/create/", fields)
        if "token" not in made:  # the answer that showed it was lost, and this one is told again
            lost = f"Token {made['id']} was made and its text lost on the way: delete that one and make another."
            raise Conflict(409, "shown_once", lost)
        return cast(NewToken, made)

    async def delete(self, token_id: int) -> None:
        """Revoke a token."""
        await self._wire.delete(f"/scheduler/token/{token_id}/")


class AsyncMembers(AsyncResource):
    """Members of projects: `member/`."""

    def list(
        self,
        *,
        project: int | None = None,
        user: str | None = None,
        role: str | None = None,
        search: str | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[Member]:
        """Yield members, newest first."""
        return self._wire.rows("/scheduler/member/list/", limit, project=project, user=user, role=role, search=search)

    async def get(self, member_id: int) -> Member:
        """Return a member."""
        return cast(Member, await self._wire.get(f"/scheduler/member/{member_id}/"))

    async def create(self, *, project: int, user: str, **fields: Any) -> Member:
        """Make a user a member of a project; `role` and `may_write_commands` say of what kind."""
        return cast(Member, await self._wire.post("/scheduler/member/create/", {"project": project, "user": user, **fields}))

    async def update(self, member_id: int, /, **fields: Any) -> Member:
        """Change what a member may do."""
        return cast(Member, await self._wire.patch(f"/scheduler/member/{member_id}/", fields))

    async def delete(self, member_id: int) -> None:
        """Take a member out of its project."""
        await self._wire.delete(f"/scheduler/member/{member_id}/")


class AsyncAudit(AsyncResource):
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
    ) -> AsyncIterator[AuditEntry]:
        """Yield who did what, newest first."""
        filters = {"action": action, "project": project, "user": user, "since": since, "search": search}
        return self._wire.rows("/scheduler/audit/list/", limit, **filters)


class AsyncNodes(AsyncResource):
    """Machines that work: `node/`."""

    def list(
        self,
        *,
        state: str | None = None,
        role: str | None = None,
        label: str | None = None,
        search: str | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[Node]:
        """Yield nodes: in a state, with one of some roles (`loader,database`), with all of some labels (`disk=ssd,zone`)."""
        filters = {"state": state, "role": role, "label": label, "search": search}
        return self._wire.rows("/scheduler/node/list/", limit, **filters)

    async def get(self, name: str) -> NodeDetail:
        """Return a node, its workers, and what it runs."""
        return cast(NodeDetail, await self._wire.get(f"/scheduler/node/{quote(name, safe='')}/"))
