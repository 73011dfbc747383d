"""Signs in, refreshes, revokes and signs out with authlib's client for Flask. Its pages are JSON: what the library has returned."""

import os
from urllib.parse import urlencode

from authlib.integrations.base_client import OAuthError
from authlib.integrations.flask_client import OAuth
from authlib.integrations.requests_client import OAuth2Session
from flask import Flask, redirect

ISSUER = os.environ["ISSUER"]
PORT = os.environ["PORT"]
HOME = f"http://127.0.0.1:{PORT}"

app = Flask(__name__)
app.secret_key = os.urandom(16)
service = OAuth(app).register(
    "service",
    client_id=os.environ["CLIENT"],
    client_secret=os.environ["SECRET"],
    server_metadata_url=f"{ISSUER}/.well-known/openid-configuration",
    client_kwargs={"scope": "openid profile", "code_challenge_method": "S256"},
)
tokens = {}


@app.get("/sign-in")
def sign_in():
    return service.authorize_redirect(f"{HOME}/callback")


@app.get("/callback")
def callback():
    tokens.update(service.authorize_access_token())
    return redirect("/")


@app.get("/")
def show():
    claims = tokens["userinfo"]
    return {**tokens, "claims": claims, "userinfo": service.userinfo(token=tokens)}


@app.get("/refresh")
def refresh():
    return service.fetch_access_token(grant_type="refresh_token", refresh_token=tokens["refresh_token"])


@app.get("/revoke")
def revoke():
    metadata = service.load_server_metadata()
    with OAuth2Session(service.client_id, service.client_secret) as session:
        response = session.revoke_token(metadata["revocation_endpoint"], token=tokens["refresh_token"])
    return {"revoked": response.ok}


@app.get("/sign-out")
def sign_out():
    query = {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": f"{HOME}/bye", "state": "a state"}
    return redirect(f"{service.load_server_metadata()['end_session_endpoint']}?{urlencode(query)}")


@app.get("/bye")
def bye():
    return {"bye": True}


@app.errorhandler(OAuthError)
def refused(error):
    return {"error": error.error}


app.run("127.0.0.1", int(PORT))
