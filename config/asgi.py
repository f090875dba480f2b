"""ASGI door: requests and live streams."""

import os

import django

from api.bodies import BodyGuard
from config import secrecy
from config.threads import KeptThreads, OneHop

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

django.setup(set_prefix=False)
application = BodyGuard(KeptThreads(OneHop()))
secrecy.require_secret_key()
