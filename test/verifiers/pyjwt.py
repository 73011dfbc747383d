"""Verifies access tokens with PyJWT's default settings.

Reads {"tokens", "jwks", "issuer", "audience"} and prints a list: for each token null, or the name of PyJWT's error.
"""

import json
import sys

import jwt

given = json.load(sys.stdin)
keys = {key.key_id: key.key for key in jwt.PyJWKSet.from_dict(given["jwks"]).keys}


def fault_of(token):
    key = keys[jwt.get_unverified_header(token)["kid"]]
    try:
        jwt.decode(token, key, algorithms=["RS256"], issuer=given["issuer"], audience=given["audience"])
    except jwt.InvalidTokenError as error:
        return type(error).__name__


print(json.dumps([fault_of(token) for token in given["tokens"]]))
