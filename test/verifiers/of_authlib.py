"""Verifies access tokens with authlib's validator of RFC 9068. Input and output are those of pyjwt.py.

The name is not authlib.py, which Python would load in place of the library.
"""

import json
import sys

from authlib.jose import JsonWebKey
from authlib.oauth2.rfc9068 import JWTBearerTokenValidator

given = json.load(sys.stdin)


class Validator(JWTBearerTokenValidator):
    def get_jwks(self):
        return JsonWebKey.import_key_set(given["jwks"])


validator = Validator(issuer=given["issuer"], resource_server=given["audience"])


def fault_of(token):
    try:
        validator.validate_token(validator.authenticate_token(token), [], None)
    except Exception as error:
        return type(error).__name__


print(json.dumps([fault_of(token) for token in given["tokens"]]))
