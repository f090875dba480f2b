"""WSGI door, for servers without ASGI: everything works but the live streams."""

import os

from django.core.wsgi import get_wsgi_application

from config import secrecy

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_wsgi_application()
secrecy.require_secret_key()
