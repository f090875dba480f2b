from django.apps import AppConfig
from django.contrib.admin import apps


class ConsoleConfig(AppConfig):
    name = "console"


class ConsoleAdminConfig(apps.AdminConfig):
    """Django's admin with a site of ours, where each app's `admin.site` registers its pages."""

    default = False  # settings name it, beside the console
    default_site = "console.site.Site"
