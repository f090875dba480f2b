"""The login: Django's own, in the console's clothes. Failures are counted, and put off, by `api/logins.py`."""

from django.contrib.auth.views import LoginView


class Login(LoginView):
    """GET and POST /login/"""

    template_name = "console/login.html"
    redirect_authenticated_user = True
