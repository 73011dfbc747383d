"""GET / behind an access token, in FastAPI and PyJWT. It reads no user: a revoked token stays valid until it expires.

Its key is given as PEM. A coroutine verifies the token, because FastAPI runs a plain function in a thread, which takes longer.
"""

import os

import jwt
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

KEY = load_pem_public_key(os.environ["PUBLIC_KEY"].encode())
EXPECTED = {
    "issuer": os.environ["TOKEN_ISSUER"],
    "audience": os.environ["TOKEN_AUDIENCE"],
    "algorithms": ["RS256"],
    "options": {"require": ["exp", "sub"]},
}
app = FastAPI()
bearer = HTTPBearer(auto_error=False)


async def caller(credentials: HTTPAuthorizationCredentials | None = Depends(bearer)) -> dict:
    try:
        return jwt.decode(credentials.credentials if credentials else "", KEY, **EXPECTED)
    except jwt.PyJWTError:
        raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"})


@app.get("/")
async def content(claims: dict = Depends(caller)) -> dict:
    return {
        "message": "This content for authorised users only.",
        "username": claims["username"],
        "role": claims["role"],
    }
