"""ASGI door: requests and live streams."""

import os

from django.core.asgi import get_asgi_application

from api.bodies import BodyGuard
from config import secrecy
from config.threads import KeptThreads

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = BodyGuard(KeptThreads(get_asgi_application()))
secrecy.require_secret_key()
