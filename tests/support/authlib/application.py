"""A relying party as Python people write one: Flask and Authlib, told nothing but the issuer and a registration."""

import os

from authlib.integrations.base_client import OAuthError
from authlib.integrations.flask_client import OAuth
from authlib.integrations.requests_client import OAuth2Session
from flask import Flask, jsonify, request

CLIENT_ID = os.environ["APP_CLIENT_ID"]
CLIENT_SECRET = os.environ["APP_CLIENT_SECRET"]
PORT = int(os.environ["APP_PORT"])

app = Flask(__name__)
app.secret_key = os.urandom(32)
latchkey = OAuth(app).register(
    "latchkey",
    client_id=CLIENT_ID,
    client_secret=CLIENT_SECRET,
    server_metadata_url=os.environ["APP_ISSUER"] + "/.well-known/openid-configuration",
    client_kwargs={"scope": "openid email roles", "code_challenge_method": "S256"},
)


@app.get("/sign-in")
def sign_in():
    """Leads to the provider; what stands in the query goes along."""
    return latchkey.authorize_redirect(f"http://localhost:{PORT}/callback", **request.args)


@app.get("/callback")
def callback():
    """Redeems the code, verifies the ID token, and shows what it learned."""
    try:
        token = latchkey.authorize_access_token()
    except OAuthError as problem:
        return jsonify(error=problem.error, description=problem.description), 400
    return jsonify(
        claims=token["userinfo"],
        userinfo=latchkey.userinfo(token=token),
        refresh_token=token["refresh_token"],
    )


@app.post("/refresh")
def refresh():
    """Rotates a refresh token."""
    session = OAuth2Session(CLIENT_ID, CLIENT_SECRET)
    url = latchkey.load_server_metadata()["token_endpoint"]
    return jsonify(session.refresh_token(url, refresh_token=request.form["refresh_token"]))


@app.post("/revoke")
def revoke():
    """Asks about an access token, ends it, and asks again."""
    session = OAuth2Session(CLIENT_ID, CLIENT_SECRET)
    metadata = latchkey.load_server_metadata()
    token = request.form["token"]
    ask = lambda: session.introspect_token(metadata["introspection_endpoint"], token=token).json()
    before = ask()
    status = session.revoke_token(metadata["revocation_endpoint"], token=token).status_code
    return jsonify(before=before, status=status, after=ask())


app.run(port=PORT)
