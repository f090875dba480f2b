"""One try to deliver, by webhook or by mail: what came of it is an `Outcome`, never an exception."""

from __future__ import annotations

import json
import logging
import smtplib
import time
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from standardwebhooks import Webhook

import outbound
from api.errors import CeleriacError
from api.secret_texts import Unreadable, unseal
from notifications import messages, retry
from notifications.models import Delivery, Notification
from notifications.rules import Channel

EXCERPT = 1_000  # bytes of an answer that are kept

logger = logging.getLogger(__name__)


class MailNotSetUp(CeleriacError):
    """Mail cannot be sent from here: the operator has not named a mail server (EMAIL_HOST)."""

    code = "mail_not_set_up"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of a try; `seconds` it took, `status` and `answer` of a webhook, `wait` what the receiver asked for."""

    ok: bool
    seconds: float
    status: int | None = None
    answer: str = ""
    error: str = ""
    wait: float | None = None

    @property
    def unwanted(self) -> bool:
        """Tell whether the receiver says that it wants no more."""
        return self.status == retry.GONE


def send(delivery: Delivery, now: datetime) -> Outcome:
    """Try once; `now` is the database's, and what the signature says."""
    started = time.monotonic()
    try:
        if delivery.notification.channel == Channel.WEBHOOK:
            return _post(delivery, now)
        _mail(delivery)
    except (outbound.OutboundError, Unreadable, MailNotSetUp) as error:
        failed = error.message
    except smtplib.SMTPResponseException as error:
        failed = f"The mail server answered {error.smtp_code}."
    except (smtplib.SMTPException, OSError) as error:
        failed = f"The mail could not be handed over: {type(error).__name__}."
    except Exception:  # a delivery that trips over a fault of ours is put off like any other, and not tried at once for ever
        logger.exception("delivery %s", delivery.pk)
        failed = "Something went wrong on our side."
    else:
        return Outcome(ok=True, seconds=time.monotonic() - started)
    return Outcome(ok=False, seconds=time.monotonic() - started, error=failed)


def _post(delivery: Delivery, now: datetime) -> Outcome:
    body = delivery.body or ""
    answer = outbound.request(
        "POST",
        delivery.notification.url,
        headers={
            "Content-Type": "application/json",
            "webhook-id": delivery.message_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": " ".join(
                Webhook(secret).sign(delivery.message_id, now, body) for secret in _secrets(delivery.notification, now)
            ),
        },
        content=body.encode(),
        timeout=settings.NOTIFY_TIMEOUT,
        max_bytes=EXCERPT,
        cut=True,
        redirects=0,  # a signed body is for the address that was written down, and no other
    )
    return Outcome(
        ok=answer.ok,
        seconds=answer.elapsed,
        status=answer.status,
        answer=answer.text.replace("\0", ""),
        error="" if answer.ok else f"The receiver answered {answer.status}.",
        wait=retry.asked_to_wait(answer.headers.get("retry-after")),
    )


def _secrets(notification: Notification, now: datetime) -> list[str]:
    """Return what to sign with: for a while the secret of before as well, so that its receiver can change over."""
    sealed = [notification.secret]
    if notification.old_secret_until and notification.old_secret_until > now:
        sealed.append(notification.old_secret)
    return [unseal(one) for one in sealed]


def _mail(delivery: Delivery) -> None:
    if not settings.EMAIL_HOST:
        raise MailNotSetUp
    told = json.loads(delivery.body or "")
    domain = urlsplit(settings.PUBLIC_URL).hostname or "localhost"
    mail = EmailMessage(
        messages.subject(told),
        messages.text(told),
        to=delivery.notification.recipients,
        headers={"Message-ID": f"<{delivery.message_id}@{domain}>", "Auto-Submitted": "auto-generated"},
    )
    mail.send()
