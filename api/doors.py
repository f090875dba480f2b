"""What every view of the API has in common: what it asks for, what it shows, and that its deeds are written down."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.db import transaction
from django.db.models import Model, QuerySet
from rest_framework import mixins
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from api import audit
from api.access import project_id_of, visible
from api.idempotency import REPLAYED, idempotent
from api.rights import Scope


class Door(GenericViewSet[Any]):
    """A view of objects that belong to projects.

    `needs` names for each action the right that it takes; `project_lookup` leads from an object to its project's id;
    `kind` is what the audit trail calls the objects.
    """

    needs: Mapping[str, str] = {}
    kind = ""
    project_lookup = "project_id"

    subject: Model | None = None
    """The object of the present request."""
    answer: Callable[[], Any] | None = None
    """What to answer, looked up once the deed has committed: whoever it rings for need not wait for that."""
    facts: Mapping[str, Any] | None = None
    """What the audit trail tells of the deed; None where it changes nothing."""

    def rows(self) -> QuerySet[Any]:
        """Return all rows, of anyone."""
        return super().get_queryset()

    def get_queryset(self) -> QuerySet[Any]:
        """Return the rows that the request may know of."""
        return visible(self.rows(), self.request, self.project_lookup)

    def get_object(self) -> Any:
        self.subject = super().get_object()
        return self.subject

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Have the deed written down, once it is known that the request may do it."""
        super().initial(request, *args, **kwargs)
        self.facts = {}
        method = str(request.method).lower()
        handler = getattr(self, method, None)
        if handler is not None and request.method not in SAFE_METHODS:
            setattr(self, method, self._written_down(handler))

    def _written_down(self, deed: Callable[..., Response]) -> Callable[..., Response]:
        def wrapper(request: Request, *args: Any, **kwargs: Any) -> Response:
            with transaction.atomic():  # a deed without its entry, or an entry without its deed, never stays
                response = deed(request, *args, **kwargs)
                if self.facts is not None and REPLAYED not in response.headers:
                    self.write_down(request)
            if self.answer is not None:
                response.data = self.answer()
            return response

        return wrapper

    def write_down(self, request: Request) -> None:
        """Write the entries of the deed."""
        instance = self.subject
        project_id = project_id_of(instance, self.project_lookup) if instance is not None else None
        audit.record(request, f"{self.kind}.{self.verb}", instance=instance, project_id=project_id, facts=self.facts)

    @property
    def verb(self) -> str:
        """Return what the audit trail calls the present action."""
        return {"partial_update": "update", "destroy": "delete"}.get(str(self.action), str(self.action))


class EditingDoor(
    mixins.CreateModelMixin,
    mixins.RetrieveModelMixin,
    mixins.UpdateModelMixin,
    mixins.DestroyModelMixin,
    mixins.ListModelMixin,
    Door,
):
    """A door to objects that clients create, change and delete; creating takes an Idempotency-Key."""

    needs: Mapping[str, str] = {
        "list": Scope.READ,
        "retrieve": Scope.READ,
        "create": Scope.EDIT,
        "update": Scope.EDIT,
        "partial_update": Scope.EDIT,
        "destroy": Scope.EDIT,
    }

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return super().filter_queryset(queryset) if self.action == "list" else queryset

    @idempotent
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().create(request, *args, **kwargs)

    def perform_create(self, serializer: BaseSerializer[Any]) -> None:
        self.facts = audit.changes(None, serializer.validated_data)
        serializer.instance = self.subject = self.made(serializer.validated_data)

    def perform_update(self, serializer: BaseSerializer[Any]) -> None:
        self.facts = audit.changes(self.subject, serializer.validated_data)
        serializer.instance = self.changed(int(self.kwargs["pk"]), serializer.validated_data)

    def made(self, fields: Mapping[str, Any]) -> Model:
        """Create the object and return it as it is shown."""
        raise NotImplementedError

    def changed(self, pk: int, fields: Mapping[str, Any]) -> Model:
        """Change the object and return it as it is shown."""
        raise NotImplementedError


class OpenView(APIView):
    """Answer anyone, without looking at who asks; `open_because` says why it may."""

    open_because: str
    authentication_classes = ()
    permission_classes = ()
