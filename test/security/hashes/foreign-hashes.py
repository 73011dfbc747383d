"""Makes foreign-hashes.json: hashes by other programs, for the tests of lib/passwords and of imports.

    apt-get install python3-passlib python3-bcrypt python3-argon2 python3-django python3-werkzeug
    python3 -W ignore test/security/hashes/foreign-hashes.py > test/security/hashes/foreign-hashes.json

The hash by Firebase is the published example of https://github.com/firebase/scrypt, with its parameters.
"""

import json
from importlib.metadata import version

import argon2
import bcrypt
import django
from django.conf import settings
from passlib import hash as passlib
from werkzeug.security import generate_password_hash as werkzeug

NAMES = ["PBKDF2", "PBKDF2SHA1", "Argon2", "BCryptSHA256", "BCrypt", "Scrypt", "MD5"]
settings.configure(PASSWORD_HASHERS=[f"django.contrib.auth.hashers.{name}PasswordHasher" for name in NAMES])
django.setup()
from django.contrib.auth.hashers import get_hasher, make_password  # noqa: E402

ENGLISH = "correct horse battery staple"
PASSWORDS = [ENGLISH, "Pässwörter sind schön", "パスワードは長いほど良いです🙂"]
LONG = {size: ("0123456789" * 8)[:size] for size in (71, 72, 73, 80)}
# 71 bytes, and a character of two, which bcrypt cuts in half.
LONG[74] = "0123456789" * 7 + "1éx"


def django_cheap(name, password, **cost):
    hasher = get_hasher(name)
    for key, value in cost.items():
        setattr(hasher, key, value)
    return hasher.encode(password, hasher.salt())


def raw_bcrypt(password, rounds, prefix=b"2b"):
    return bcrypt.hashpw(password.encode()[:72], bcrypt.gensalt(rounds, prefix=prefix)).decode()


rows = []


def add(program, kind, make, passwords=PASSWORDS):
    for password in passwords:
        rows.append({"program": program, "kind": kind, "password": password, "hash": make(password)})


add("bcrypt", "bcrypt", lambda p: raw_bcrypt(p, 4), PASSWORDS + list(LONG.values()))
add("bcrypt", "bcrypt", lambda p: raw_bcrypt(p, 4, b"2a"))
add("bcrypt, as PHP writes it", "bcrypt", lambda p: raw_bcrypt(p, 4).replace("$2b$", "$2y$"))
add("bcrypt", "bcrypt", lambda p: raw_bcrypt(p, 10), [ENGLISH])
add("passlib", "bcrypt", passlib.bcrypt.using(rounds=5, ident="2y").hash)
add("Django", "bcrypt", lambda p: django_cheap("bcrypt", p, rounds=4))
add("Django", "bcrypt-sha256", lambda p: django_cheap("bcrypt_sha256", p, rounds=4), PASSWORDS + list(LONG.values()))
add("passlib", "bcrypt-sha256", passlib.bcrypt_sha256.using(rounds=4).hash, PASSWORDS + list(LONG.values()))
add("passlib", "PBKDF2", passlib.pbkdf2_sha256.hash)
add("passlib", "PBKDF2", passlib.pbkdf2_sha256.using(rounds=1, salt_size=0).hash)
add("passlib", "PBKDF2", passlib.pbkdf2_sha512.using(rounds=1000).hash)
add("passlib", "PBKDF2", passlib.pbkdf2_sha1.using(rounds=1000).hash)
add("Django", "PBKDF2", lambda p: make_password(p, hasher="pbkdf2_sha256"), [ENGLISH])
add("Django", "PBKDF2", lambda p: django_cheap("pbkdf2_sha256", p, iterations=1000))
add("Django", "PBKDF2", lambda p: make_password(p, salt="sält", hasher="pbkdf2_sha1"), [ENGLISH])
add("werkzeug", "PBKDF2", lambda p: werkzeug(p, method="pbkdf2"), [ENGLISH])
add("werkzeug", "PBKDF2", lambda p: werkzeug(p, method="pbkdf2:sha256:1000"))
add("werkzeug", "PBKDF2", lambda p: werkzeug(p, method="pbkdf2:sha512:1000"))
add("werkzeug", "PBKDF2", lambda p: werkzeug(p, method="pbkdf2:sha1:1000"))
add("passlib", "scrypt", passlib.scrypt.hash, [ENGLISH])
add("passlib", "scrypt", passlib.scrypt.using(rounds=4, block_size=3, parallelism=5).hash)
add("passlib", "scrypt", passlib.scrypt.using(rounds=1, salt_size=0).hash, [ENGLISH])
add("Django", "scrypt", lambda p: make_password(p, hasher="scrypt"), [ENGLISH])
add("Django", "scrypt", lambda p: django_cheap("scrypt", p, work_factor=64, parallelism=5))
add("werkzeug", "scrypt", lambda p: werkzeug(p, method="scrypt"), [ENGLISH])
add("werkzeug", "scrypt", lambda p: werkzeug(p, method="scrypt:64:8:2"))
add("argon2-cffi, its former default", "argon2id", argon2.PasswordHasher(memory_cost=102400, time_cost=2, parallelism=8).hash, [ENGLISH])
add("argon2-cffi", "argon2id", argon2.PasswordHasher(memory_cost=128, time_cost=1, parallelism=16).hash)
add("argon2-cffi", "argon2i", argon2.PasswordHasher(memory_cost=64, time_cost=3, parallelism=8, type=argon2.Type.I).hash)
add("Django", "argon2id", lambda p: make_password(p, hasher="argon2"), [ENGLISH])
add("Django", "argon2id", lambda p: django_cheap("argon2", p, memory_cost=64, time_cost=1))

PROGRAMS = ["passlib", "bcrypt", "argon2-cffi", "Django", "Werkzeug"]
firebase = {
    "password": "user1password",
    "salt": "42xEC+ixf3L2lw==",
    "passwordHash": "lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==",
    "parameters": """hash_config {
  algorithm: SCRYPT,
  base64_signer_key: jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==,
  base64_salt_separator: Bw==,
  rounds: 8,
  mem_cost: 14,
}
""",
}
unsupported = {
    "MD5 crypt": passlib.md5_crypt.hash(ENGLISH),
    "Apache MD5": passlib.apr_md5_crypt.hash(ENGLISH),
    "SHA-256 crypt": passlib.sha256_crypt.using(rounds=1000).hash(ENGLISH),
    "SHA-512 crypt": passlib.sha512_crypt.using(rounds=1000).hash(ENGLISH),
    "phpass": passlib.phpass.hash(ENGLISH),
    "argon2d": argon2.PasswordHasher(memory_cost=64, time_cost=1, parallelism=1, type=argon2.Type.D).hash(ENGLISH),
    "LDAP": passlib.ldap_salted_sha1.hash(ENGLISH),
    "Django MD5": make_password(ENGLISH, hasher="md5"),
}
out = {
    "versions": {name: version(name) for name in PROGRAMS},
    "rows": rows,
    "firebase": firebase,
    "unsupported": unsupported,
}
print(json.dumps(out, indent=2, ensure_ascii=False))
