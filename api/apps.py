from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "api"
    verbose_name = "API access"

    def ready(self) -> None:
        """Have logins written down."""
        from django.contrib.auth.signals import user_logged_in, user_login_failed

        from api import logins

        user_logged_in.connect(logins.logged_in, dispatch_uid="audit_logged_in")
        user_login_failed.connect(logins.login_failed, dispatch_uid="audit_login_failed")
