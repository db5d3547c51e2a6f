"""OpenID Connect as its relying party: where to send a browser, and whom the code it brings back stands for.

This module carries an HTTP client and signatures: whoever serves imports it at the first log-in that needs it. What the
provider tells of itself (discovery, keys) is kept for an hour; nothing else is kept between two requests.
"""

import functools
import time
from typing import Any, Final
from urllib.parse import quote, urlsplit

import httpx2
import msgspec
from authlib.common.urls import add_params_to_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from authlib.oidc.discovery import get_well_known_url
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from commonhold.core.directory.outside import Outsider
from commonhold.core.problems import Problem
from commonhold.settings.values import Oidc, safe_url

SCOPES: Final = "openid profile email"
_SIGNED: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA")
_LEEWAY: Final = 60  # seconds that two clocks may differ
_FRESH: Final = 3600  # seconds for which discovery and keys are believed
_AGAIN: Final = 30  # seconds after which keys are asked for anew for a token of an unknown key
_PATIENCE: Final = 10  # seconds for one answer
_LARGEST: Final = 1 << 20  # bytes of one answer
_TLS: Final = httpx2.create_ssl_context()  # a tenth of a second, which no request shall wait for


class Asked(msgspec.Struct, frozen=True):
    """What a browser was sent with: it has to come back with it, and the token has to name it."""

    redirect: str  # the one address that the provider may send the browser back to
    state: str
    nonce: str
    verifier: str


class Provider:
    """One provider, as the settings name it."""

    def __init__(self, settings: Oidc) -> None:
        """Ask it nothing yet."""
        self._settings = settings
        self._issuer = settings.issuer or ""
        self._known: dict[str, Any] = {}
        self._known_at = self._keys_at = 0.0
        self._keys: KeySet | None = None

    async def address(self, asked: Asked) -> str:
        """Return where a browser is sent to log in.

        :raises Problem: unavailable, login_refused for a provider that is not the one of the settings
        """
        known = await self._discovered()
        challenge = create_s256_code_challenge(asked.verifier)
        parameters = [
            ("response_type", "code"),
            ("client_id", self._settings.client_id or ""),
            ("redirect_uri", asked.redirect),
            ("scope", SCOPES),
            ("state", asked.state),
            ("nonce", asked.nonce),
            ("code_challenge", challenge),
            ("code_challenge_method", "S256"),
        ]
        return str(add_params_to_uri(known["authorization_endpoint"], parameters))

    async def redeem(self, code: str, issuer: str | None, asked: Asked, now: int) -> Outsider:
        """Return whom a code stands for; ``issuer`` is what came back beside it (RFC 9207), ``now`` in seconds.

        :raises Problem: unavailable; login_refused, with the reason that a log may show
        """
        known = await self._discovered()
        promised = known.get("authorization_response_iss_parameter_supported") is True
        if issuer != self._issuer and (promised or issuer is not None):
            raise Problem("login_refused", reason="issuer")
        told = await self._token(known, code, asked)
        access = told.get("access_token")
        claims = await self._claims(told.get("id_token"), access, asked, now)
        if not claims.get("email") and isinstance(access, str) and "userinfo_endpoint" in known:
            headers = {"authorization": f"Bearer {access}"}
            more = await self._json("GET", known["userinfo_endpoint"], headers=headers)
            if more.get("sub") != claims["sub"]:
                raise Problem("login_refused", reason="userinfo")
            claims = {**more, **claims}
        return _outsider(self._issuer, claims)

    async def _token(self, known: dict[str, Any], code: str, asked: Asked) -> dict[str, Any]:
        client, secret = self._settings.client_id or "", self._settings.client_secret
        data = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": asked.redirect,
            "code_verifier": asked.verifier,
        }
        methods = known.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        auth = None
        if secret is not None and "client_secret_basic" in methods:
            auth = httpx2.BasicAuth(quote(client, safe=""), quote(secret.reveal(), safe=""))  # as RFC 6749 has it
        else:
            data["client_id"] = client
            if secret is not None:
                data["client_secret"] = secret.reveal()
        return await self._json("POST", known["token_endpoint"], data=data, auth=auth)

    async def _claims(self, token: Any, access: Any, asked: Asked, now: int) -> dict[str, Any]:
        """Return what an ID token says, if it was signed by the provider, for us, for this log-in, and is not over."""
        if not isinstance(token, str):
            raise Problem("login_refused", reason="no_token")
        client = self._settings.client_id
        options: Any = {"iss": {"essential": True, "value": self._issuer}, "aud": {"essential": True, "value": client}}
        params = {"nonce": asked.nonce, "client_id": client, "access_token": access}
        try:
            decoded = await self._decoded(token)
            claims = CodeIDToken(decoded.claims, decoded.header, options, params)
            claims.validate(now=now, leeway=_LEEWAY)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise Problem("login_refused", reason=type(error).__name__) from None
        if not isinstance(claims["sub"], str):
            raise Problem("login_refused", reason="sub")
        return dict(claims)

    async def _decoded(self, token: str) -> jwt.Token:
        try:
            return jwt.decode(token, await self._key_set(_FRESH), algorithms=_SIGNED)
        except (JoseError, ValueError):  # signed by a key that is newer than what we keep, perhaps
            return jwt.decode(token, await self._key_set(_AGAIN), algorithms=_SIGNED)

    async def _key_set(self, fresh: int) -> KeySet:
        now = time.monotonic()
        if self._keys is None or now - self._keys_at > fresh:
            known = await self._discovered()
            found: Any = await self._json("GET", known["jwks_uri"])
            self._keys, self._keys_at = KeySet.import_key_set(found), now
        return self._keys

    async def _discovered(self) -> dict[str, Any]:
        now = time.monotonic()
        if not self._known or now - self._known_at > _FRESH:
            found = await self._json("GET", get_well_known_url(self._issuer, external=True))
            if found.get("issuer") != self._issuer:
                raise Problem("login_refused", reason="discovery")
            for name in ("authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint"):
                if name != "userinfo_endpoint" or name in found:
                    self._refuse_unsafe(found.get(name))
            self._known, self._known_at = found, now
        return self._known

    def _refuse_unsafe(self, url: Any) -> None:
        """Refuse endpoints on the way to which somebody could listen."""
        bare = url.partition("?")[0] if isinstance(url, str) else ""
        if not safe_url(bare) or (self._issuer.startswith("https:") and urlsplit(bare).scheme != "https"):
            raise Problem("login_refused", reason="discovery")

    async def _json(self, method: str, url: str, **more: Any) -> dict[str, Any]:
        """Return the object that the provider answers with; it is never followed elsewhere.

        :raises Problem: unavailable, login_refused
        """
        body = bytearray()
        try:
            async with (
                httpx2.AsyncClient(timeout=_PATIENCE, verify=_TLS) as client,
                client.stream(method, url, headers={"accept": "application/json", **more.pop("headers", {})}, **more)
                as reply,
            ):  # fmt: skip
                status = reply.status_code
                async for piece in reply.aiter_bytes():
                    body += piece
                    if len(body) > _LARGEST:
                        raise Problem("login_refused", reason="too_large")
        except httpx2.HTTPError:
            raise Problem("unavailable") from None
        if status >= 500:
            raise Problem("unavailable")
        try:
            found = msgspec.json.decode(bytes(body), type=dict[str, Any])
        except (msgspec.DecodeError, UnicodeDecodeError):
            found = None
        if status != 200 or found is None:
            raise Problem("login_refused", reason=f"status_{status}")
        return found


def _outsider(issuer: str, claims: dict[str, Any]) -> Outsider:
    def said(name: str) -> str | None:
        value = claims.get(name)
        return value if isinstance(value, str) and value else None

    return Outsider(
        issuer=issuer,
        subject=claims["sub"],
        email=said("email"),
        verified=claims.get("email_verified") is True,  # a text "true" is not what the standard says
        name=said("preferred_username"),
        first_name=said("given_name") or (None if said("family_name") else said("name")),
        last_name=said("family_name"),
    )


@functools.cache
def provider_of(settings: Oidc) -> Provider:
    """Return the provider of these settings: one for each process, which remembers what it was told."""
    return Provider(settings)
