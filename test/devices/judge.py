# A browser that binds a session to a key, with the cryptography of authlib. Its argument is the URL of the service.
import json
import sys

import requests
from authlib.jose import JsonWebKey, JsonWebSignature

url = sys.argv[1]
key = JsonWebKey.generate_key("EC", "P-256", is_private=True)
steps = {}


def ask(path, cookies, body=None, **headers):
    headers = {"Sec-Fetch-Site": "same-origin", **headers}
    headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
    return requests.post(url + path, json=body, headers=headers)


def cookie_in(response, name):
    return response.headers["Set-Cookie"].split(";")[0].removeprefix(name + "=")


def proof(challenge, **more):
    header = {"alg": "ES256", "typ": "dbsc+jwt", **more}
    payload = json.dumps({"jti": challenge}).encode()
    return JsonWebSignature(["ES256"]).serialize_compact(header, payload, key).decode()


def challenge_in(response):
    return response.headers["Secure-Session-Challenge"].split('"')[1]


signed_in = ask("/login", {}, {"username": "user", "password": "user", "session": "cookie"})
token = cookie_in(signed_in, "__Host-refresh")
registration = dict(
    part.split("=", 1) for part in signed_in.headers["Secure-Session-Registration"].split(";") if "=" in part
)
path, challenge = (registration[name].strip('"') for name in ("path", "challenge"))
started = ask(path, {"__Host-refresh": token}, **{"Secure-Session-Response": proof(challenge, jwk=key.as_dict(is_private=False))})
told = started.json()
steps["start"] = started.status_code
steps["identifier"] = told["session_identifier"] == key.thumbprint()
bound = cookie_in(started, "__Host-bound")

refreshed = ask("/refresh", {"__Host-refresh": token, "__Host-bound": bound}, {})
steps["refresh"] = refreshed.status_code
token = cookie_in(refreshed, "__Host-refresh")
steps["copy"] = ask("/refresh", {"__Host-refresh": token}, {}).json()["error"]

renewal = {"Sec-Secure-Session-Id": f'"{told["session_identifier"]}"'}
asked = ask(told["refresh_url"], {"__Host-refresh": token}, **renewal)
steps["asked"] = asked.status_code
once = proof(challenge_in(asked))
renewed = ask(told["refresh_url"], {"__Host-refresh": token}, **renewal, **{"Secure-Session-Response": once})
steps["renewed"] = renewed.status_code
steps["replayed"] = ask(told["refresh_url"], {"__Host-refresh": token}, **renewal, **{"Secure-Session-Response": once}).status_code
bound = cookie_in(renewed, "__Host-bound")
steps["refresh again"] = ask("/refresh", {"__Host-refresh": token, "__Host-bound": bound}, {}).status_code
print(json.dumps(steps))
