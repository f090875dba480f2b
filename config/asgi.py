"""ASGI door: requests and live streams."""

import os

from django.core.asgi import get_asgi_application

from config import secrecy

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_asgi_application()
secrecy.require_secret_key()
