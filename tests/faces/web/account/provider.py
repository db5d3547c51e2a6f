"""A small provider of OpenID Connect on a real port: it does what the standard says, or lies as a test asks it to.

It checks what a provider has to (client, redirect address, PKCE, one use of each code), so that a client that leaves
something out is refused here, too.
"""

import base64
import hashlib
import json
import secrets
from collections.abc import Callable
from functools import cache
from typing import Any
from urllib.parse import unquote, urlencode

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

CLIENT = "commonhold"
SECRET = "a secret of: 100 %"


@cache
def key_of(whose: str) -> RSAKey:
    """Make somebody's key, once: that takes longer than everything else here."""
    del whose
    return RSAKey.generate_key(2048, parameters={"kid": "one"}, private=True)


class Provider:
    """The provider; ``person`` is who is logged in at it, ``lies`` what it says wrongly."""

    def __init__(self, redirect: str) -> None:
        """Know one client, which may be sent back to ``redirect`` alone."""
        self.issuer = ""
        self.redirect = redirect
        self.key = key_of("provider")
        self.person: dict[str, Any] = {"sub": "s1", "email": "alice@example.org", "email_verified": True}
        self.lies: dict[str, Any] = {}
        self.header: dict[str, Any] = {}
        self.known: dict[str, Any] = {}
        self.asked: list[str] = []
        self.codes: dict[str, dict[str, str]] = {}
        self.by_userinfo = False
        self.status = 200
        self.now: Callable[[], int] = lambda: 0  # seconds

    @property
    def app(self) -> Starlette:
        """Its five pages."""
        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._discovery),
                Route("/authorize", self._authorize),
                Route("/token", self._token, methods=["POST"]),
                Route("/keys", self._keys),
                Route("/userinfo", self._userinfo),
            ]
        )

    async def _discovery(self, request: Request) -> Response:
        self.asked.append("discovery")
        known = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "authorization_response_iss_parameter_supported": True,
        }
        return JSONResponse({**known, **self.known})

    async def _keys(self, request: Request) -> Response:
        self.asked.append("keys")
        return JSONResponse(KeySet([self.key]).as_dict(private=False))

    async def _authorize(self, request: Request) -> Response:
        given = dict(request.query_params)
        assert given["response_type"] == "code"
        assert (given["client_id"], given["redirect_uri"]) == (CLIENT, self.redirect)
        assert given["code_challenge_method"] == "S256"
        assert {"openid", "email"} <= set(given["scope"].split())
        code = secrets.token_urlsafe()
        self.codes[code] = given
        back = {"code": code, "state": given["state"], "iss": self.issuer, **self.lies.get("back", {})}
        return RedirectResponse(f"{self.redirect}?{urlencode(back)}", 302)

    async def _token(self, request: Request) -> Response:
        scheme, _, basic = request.headers["authorization"].partition(" ")
        name, _, secret = base64.b64decode(basic).decode().partition(":")
        assert (scheme, unquote(name), unquote(secret)) == ("Basic", CLIENT, SECRET)
        form = dict(await request.form())
        asked = self.codes.pop(str(form["code"]), None)
        if self.status != 200 or asked is None or form["redirect_uri"] != self.redirect:
            return JSONResponse({"error": "invalid_grant"}, self.status if self.status != 200 else 400)
        digest = hashlib.sha256(str(form["code_verifier"]).encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != asked["code_challenge"]:
            return JSONResponse({"error": "invalid_grant"}, 400)
        return JSONResponse({"access_token": "access", "token_type": "Bearer", "id_token": self._id_token(asked)})

    def _id_token(self, asked: dict[str, str]) -> str:
        now = self.now()
        times = {"iat": now, "exp": now + 300}
        claims = {"iss": self.issuer, "aud": CLIENT, "nonce": asked["nonce"], **times}
        claims |= {"sub": self.person["sub"]} if self.by_userinfo else self.person
        claims |= self.lies.get("token", {})
        claims = {name: value for name, value in claims.items() if value is not None}
        header = {"alg": "RS256", "kid": "one", **self.header}
        if header["alg"] == "none":
            parts = (json.dumps(part).encode() for part in (header, claims))
            return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts) + "."
        return jwt.encode(header, claims, self.lies.get("key", self.key))

    async def _userinfo(self, request: Request) -> Response:
        assert request.headers["authorization"] == "Bearer access"
        return JSONResponse({**self.person, **self.lies.get("userinfo", {})})
