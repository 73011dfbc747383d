"""Verifies the hashes and secrets in files for Keycloak or Supabase, as these programs store them.

Arguments: the system, its folder, and a JSON object with the password and the secret of each user by address.
Prints by address whether the password, a wrong password and the code of the app are accepted.
"""

import base64
import csv
import json
import sys

import bcrypt
import pyotp
from argon2 import PasswordHasher, Type
from argon2.exceptions import VerifyMismatchError
from argon2.low_level import hash_secret_raw

SYSTEM, FOLDER, KNOWN = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])


def keycloak():
    """What `Argon2PasswordHashProvider.verify` and `OTPCredentialModel.getDecodedSecret` of Keycloak compute."""
    for user in json.load(open(f"{FOLDER}/realm.json", encoding="utf-8"))["users"]:
        checks = {"code": None, "verify": None}
        for credential in user["credentials"]:
            data = json.loads(credential["credentialData"])
            secret = json.loads(credential["secretData"])
            if credential["type"] == "otp":
                checks["code"] = (secret["value"], data["digits"], data["period"])
            else:
                checks["verify"] = lambda password, data=data, secret=secret: argon2(password, data, secret)
        yield user["email"], checks


def argon2(password, data, secret):
    first = {name: values[0] for name, values in data["additionalParameters"].items()}
    raw = hash_secret_raw(
        password.encode(),
        base64.b64decode(secret["salt"], validate=True),
        time_cost=data["hashIterations"],
        memory_cost=int(first["memory"]),
        parallelism=int(first["parallelism"]),
        hash_len=int(first["hashLength"]),
        type={"id": Type.ID, "i": Type.I}[first["type"]],
        version={"1.3": 19}[first["version"]],
    )
    return base64.b64encode(raw).decode() == secret["value"]


def supabase():
    rows = lambda table: list(csv.DictReader(open(f"{FOLDER}/{table}.csv", encoding="utf-8", newline="")))
    factors = {row["user_id"]: row["secret"] for row in rows("mfa_factors")}
    for user in rows("users"):
        code = (factors[user["id"]], 6, 30) if user["id"] in factors else None
        hashed = user["encrypted_password"]
        verify = (lambda password, hashed=hashed: matches(password, hashed)) if hashed else None
        yield user["email"], {"code": code, "verify": verify}


def matches(password, hashed):
    if hashed.startswith("$2"):
        return bcrypt.checkpw(password.encode(), hashed.encode())
    try:
        return PasswordHasher().verify(hashed, password)
    except VerifyMismatchError:
        return False


found = {}
for email, checks in {"keycloak": keycloak, "supabase": supabase}[SYSTEM]():
    known = KNOWN[email]
    found[email] = {
        "password": checks["verify"] and checks["verify"](known["password"]),
        "wrong": checks["verify"] and checks["verify"]("wrong"),
        "code": checks["code"] and pyotp.TOTP(checks["code"][0], digits=checks["code"][1], interval=checks["code"][2]).at(1_800_000_000),
    }
print(json.dumps(found))
