"""Judges WebAuthn responses with python3-fido2: reads cases from the standard input, prints a verdict for each."""

import json
import sys

import fido2.features
from fido2.server import Fido2Server
from fido2.utils import websafe_decode
from fido2.webauthn import (
    AttestedCredentialData,
    Aaguid,
    PublicKeyCredentialRpEntity,
    UserVerificationRequirement,
)
from fido2.cose import CoseKey
from fido2 import cbor

fido2.features.webauthn_json_mapping.enabled = True


def judge(case):
    server = Fido2Server(
        PublicKeyCredentialRpEntity(id=case["rpId"], name="test"),
        verify_origin=lambda origin: origin in case["origins"],
    )
    state = {
        "challenge": case["challenge"],
        "user_verification": UserVerificationRequirement.REQUIRED
        if case["requireUserVerification"]
        else UserVerificationRequirement.PREFERRED,
    }
    if case["credential"] is None:
        server.register_complete(state, case["response"])
        return
    credential = AttestedCredentialData.create(
        Aaguid.NONE,
        websafe_decode(case["credential"]["id"]),
        CoseKey.parse(cbor.decode(websafe_decode(case["credential"]["publicKey"]))),
    )
    server.authenticate_complete(state, [credential], case["response"])


def verdict(case):
    try:
        judge(case)
        return {"accepts": True}
    except Exception as error:
        return {"accepts": False, "reason": f"{type(error).__name__}: {error}"}


json.dump([verdict(case) for case in json.load(sys.stdin)], sys.stdout)
