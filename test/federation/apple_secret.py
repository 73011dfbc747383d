"""Verifies client secrets for Apple with PyJWT, as Apple documents them.

Reads {"secrets", "key", "team", "client", "audience"} and prints a list: for each secret its claims, or the name of PyJWT's error.
"""

import json
import sys

import jwt

given = json.load(sys.stdin)
ALL = ["iss", "iat", "exp", "aud", "sub"]


def verify(secret):
    try:
        claims = jwt.decode(
            secret,
            given["key"],
            algorithms=["ES256"],
            issuer=given["team"],
            audience=given["audience"],
            subject=given["client"],
            options={"require": ALL},
        )
        return {"header": jwt.get_unverified_header(secret), "claims": claims}
    except jwt.InvalidTokenError as error:
        return type(error).__name__


print(json.dumps([verify(secret) for secret in given["secrets"]]))
