"""Verifies an access token as a service of somebody else would: with PyJWT, by the published keys alone.

Reads {"token", "jwks", "issuer", "audience"} and prints {"claims"}, or {"refused"} with the name of PyJWT's error.
"""

import json
import sys

import jwt

given = json.load(sys.stdin)
keys = {key.key_id: key.key for key in jwt.PyJWKSet.from_dict(given["jwks"]).keys}
try:
    kid = jwt.get_unverified_header(given["token"])["kid"]
    claims = jwt.decode(
        given["token"],
        keys[kid],
        algorithms=["RS256"],
        issuer=given["issuer"],
        audience=given["audience"],
        options={"require": ["iss", "aud", "sub", "iat", "exp", "jti"]},
    )
    print(json.dumps({"claims": claims}))
except jwt.InvalidTokenError as error:
    print(json.dumps({"refused": type(error).__name__}))
