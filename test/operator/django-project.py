"""Runs a program in a Django project with users in SQLite: `django-project.py DATABASE PROGRAM`.

It stands for `python manage.py shell < PROGRAM` of a project with the default application `django.contrib.auth`.
"""

import sys

import django
from django.conf import settings

database, program = sys.argv[1:]
HASHERS = ["PBKDF2", "BCryptSHA256", "BCrypt", "Scrypt", "Argon2"]
settings.configure(
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": database}},
    PASSWORD_HASHERS=[f"django.contrib.auth.hashers.{name}PasswordHasher" for name in HASHERS],
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    USE_TZ=True,
)
django.setup()

from django.core.management import call_command  # noqa: E402

call_command("migrate", verbosity=0)
exec(compile(open(program, encoding="utf-8").read(), program, "exec"), {"__name__": "__main__"})
