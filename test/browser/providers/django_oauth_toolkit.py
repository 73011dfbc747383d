"""An OpenID Provider of django-oauth-toolkit, with Django's own sign-in. Its id_tokens have the address, as its documentation shows."""

import json
import os

import django
from django.conf import settings
from django.core.management import call_command
from django.urls import include, path
from jwcrypto import jwk

LOGIN = """<!doctype html><html lang="en"><title>Log in</title><h1>Log in</h1>
<form method="post">{% csrf_token %}{{ form }}<button>Log in</button></form></html>"""

key = jwk.JWK.generate(kty="RSA", size=2048).export_to_pem(private_key=True, password=None).decode()
settings.configure(
    DEBUG=True,
    SECRET_KEY=os.urandom(16).hex(),
    ROOT_URLCONF=__name__,
    STATIC_URL="static/",
    # Each thread opens the same database, which is in memory as long as one is connected.
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "file:all?mode=memory&cache=shared"}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    INSTALLED_APPS=[
        f"django.contrib.{name}" for name in ("auth", "contenttypes", "sessions", "messages", "staticfiles")
    ]
    + ["oauth2_provider"],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "OPTIONS": {
                "context_processors": ["django.template.context_processors.request"],
                "loaders": [
                    ("django.template.loaders.locmem.Loader", {"registration/login.html": LOGIN}),
                    "django.template.loaders.app_directories.Loader",
                ],
            },
        }
    ],
    OAUTH2_PROVIDER={
        "OIDC_ENABLED": True,
        "OIDC_RSA_PRIVATE_KEY": key,
        "SCOPES": {"openid": "Sign you in", "email": "See your address"},
    },
)
django.setup()

# These modules need the settings.
from django.contrib.auth.models import User  # noqa: E402
from oauth2_provider.models import Application  # noqa: E402
from oauth2_provider.oauth2_validators import OAuth2Validator  # noqa: E402


class Validator(OAuth2Validator):
    oidc_claim_scope = None

    def get_additional_claims(self, request):
        return {"email": request.user.email, "email_verified": True}


settings.OAUTH2_PROVIDER["OAUTH2_VALIDATOR_CLASS"] = Validator
urlpatterns = [
    path("o/", include("oauth2_provider.urls", namespace="oauth2_provider")),
    path("accounts/", include("django.contrib.auth.urls")),
]

call_command("migrate", verbosity=0)
with open(os.environ["USERS"]) as file:
    for user in json.load(file).values():
        User.objects.create_user(user["Username"], user["Email"], user["Password"])
Application.objects.create(
    name="Service",
    client_id=os.environ["CLIENT"],
    client_secret=os.environ["SECRET"],
    redirect_uris=os.environ["REDIRECT_URI"],
    client_type=Application.CLIENT_CONFIDENTIAL,
    authorization_grant_type=Application.GRANT_AUTHORIZATION_CODE,
    algorithm=Application.RS256_ALGORITHM,
)
call_command("runserver", f"127.0.0.1:{os.environ['PORT']}", "--noreload", "--skip-checks")
