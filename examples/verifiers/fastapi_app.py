import os

import jwt
import uvicorn
from fastapi import Depends, FastAPI, HTTPException
from fastapi.middleware.cors import CORSMiddleware
from fastapi.security import HTTPBearer

ISSUER = os.environ.get("ISSUER", "http://localhost:3000")
AUDIENCE = os.environ.get("AUDIENCE", "serverless-jwt-auth-dev-api")
ORIGINS = os.environ.get("ORIGINS", "http://localhost:5173").split(",")
EXPECTED = {"issuer": ISSUER, "audience": AUDIENCE, "algorithms": ["RS256"], "options": {"require": ["exp", "sub"]}}
keys = jwt.PyJWKClient(f"{ISSUER}/.well-known/jwks.json", timeout=5)
app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=ORIGINS, allow_headers=["Authorization"])

def caller(credentials=Depends(HTTPBearer(auto_error=False))) -> dict:
    token = credentials.credentials if credentials else ""
    try:
        verified = jwt.decode_complete(token, keys.get_signing_key_from_jwt(token), **EXPECTED)
        if verified["header"].get("typ") != "at+jwt":
            raise jwt.InvalidTokenError("not an access token")
        return verified["payload"]
    except jwt.PyJWKClientConnectionError:
        raise HTTPException(503)
    except jwt.PyJWTError:
        raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"})

@app.get("/")
def content(claims: dict = Depends(caller)) -> dict:
    return {"sub": claims["sub"]}

@app.get("/admin")
def admin_content(claims: dict = Depends(caller)) -> dict:
    if claims["role"] != "admin":
        raise HTTPException(403)
    return {"sub": claims["sub"]}

uvicorn.run(app, port=int(os.environ.get("PORT", "4000")))
