"""What can be wrong with a notification."""

from api.errors import Conflict, Invalid, NotFound


class InvalidNotification(Invalid):
    """The notification cannot be saved like this."""

    code = "invalid_notification"


class NotificationNotFound(NotFound):
    """No such notification."""

    code = "notification_not_found"


class DeliveryNotFound(NotFound):
    """No such delivery."""

    code = "delivery_not_found"


class TooMany(Conflict):
    """A project has a hundred notifications at most."""

    code = "too_many_notifications"


class NoSecret(Conflict):
    """Only webhooks are signed: there is no secret to replace."""

    code = "no_secret"
