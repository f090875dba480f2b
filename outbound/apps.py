from django.apps import AppConfig

from outbound import checks  # noqa: F401  # the check registers itself


class OutboundConfig(AppConfig):
    name = "outbound"
    verbose_name = "Requests to the outside"
