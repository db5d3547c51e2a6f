"""What a program says of itself when it asks for a log-in: kept in a signed text that the page sends back."""

import base64
import binascii
import hashlib
import hmac
import re
from typing import Final
from urllib.parse import urlsplit

import msgspec

from commonhold.faces.arcgis.problems import ArcgisError
from commonhold.http.face import Call

OUT_OF_BAND: Final = "urn:ietf:wg:oauth:2.0:oob"
"""The address of a program that has none: the answer is shown, or read off the page's address."""

PAGE_LIFE: Final = 600_000  # ms that somebody has for the page on which he logs in

_CLIENT: Final = re.compile(r"[\w.-]{1,128}", re.ASCII)
_ADDRESS: Final = re.compile(r"(https?)://([\w.-]+|\[[0-9a-f:]+\])(:\d{1,5})?(/[!$-;=?-Z_a-z~]*)?", re.ASCII)
_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")
_CHALLENGE: Final = re.compile(r"[A-Za-z0-9._~-]{43,128}", re.ASCII)


class Asking(msgspec.Struct, frozen=True, array_like=True):
    """A request for a log-in. ``until``: when the page is over; ``minutes``: how long the token is wanted."""

    client: str
    redirect: str
    kind: str  # token | code
    state: str
    minutes: int | None
    until: int
    challenge: str | None = None
    method: str = "plain"

    @property
    def bound(self) -> str:
        """What whoever shows the code has to know."""
        return msgspec.json.encode([self.client, self.redirect, self.challenge, self.method]).decode()


def asking_of(call: Call, given: dict[str, str | None], minutes: int | None) -> Asking:
    """Check what a program says of itself.

    :raises ArcgisError: for an unknown program, a kind of answer that is none, or an address that nobody trusts
    """
    client, redirect, kind = given["client_id"] or "", given["redirect_uri"] or "", given["response_type"]
    if not _CLIENT.fullmatch(client):
        raise ArcgisError(400, "Invalid client_id", "GWM_0007", ("Invalid client_id",))
    if kind not in ("token", "code"):
        raise ArcgisError(400, "Invalid response_type", "GWM_0007", ("response_type must be token or code",))
    if not _trusted(call, redirect):
        detail = "Name the origin of this address in the setting faces.arcgis.origins."
        raise ArcgisError(400, "Invalid redirect_uri", "GWM_0007", (detail,))
    challenge = given["code_challenge"]
    method = given["code_challenge_method"] or "plain"
    if challenge is not None and (not _CHALLENGE.fullmatch(challenge) or method not in ("plain", "S256")):
        raise ArcgisError(400, "Invalid code_challenge", "GWM_0007", ("Invalid code_challenge",))
    until = call.core.clock() + PAGE_LIFE
    return Asking(client, redirect, kind, (given["state"] or "")[:2_000], minutes, until, challenge, method)


def _trusted(call: Call, redirect: str) -> bool:
    """Tell whether a token may be sent to an address: ours, this machine's, or one of an origin in the settings."""
    if redirect == OUT_OF_BAND:
        return True
    if not _ADDRESS.fullmatch(redirect):
        return False
    url = urlsplit(redirect)
    origin = f"{url.scheme}://{url.netloc}"
    named = {one.rstrip("/") for one in call.settings.face(call.face.name).origins}
    return url.hostname in _LOOPBACK or origin == call.base or origin in named


def signed(call: Call, asking: Asking) -> str:
    """Return a text that holds a request and cannot be made by anybody else."""
    text = base64.urlsafe_b64encode(msgspec.json.encode(asking)).decode().rstrip("=")
    return f"{text}.{call.core.secrets.link(f'arcgis:{text}')}"


def opened(call: Call, text: str | None) -> Asking:
    """Return the request that a signed text holds.

    :raises ArcgisError: if it is none of ours, or over
    """
    body, _, sign = (text or "").partition(".")
    good = hmac.compare_digest(call.core.secrets.link(f"arcgis:{body}").encode(), sign.encode())
    if good:
        try:
            asking = msgspec.json.decode(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)), type=Asking)
        except (binascii.Error, ValueError, msgspec.DecodeError):
            good = False
        else:
            good = call.core.clock() < asking.until
    if not good:
        raise ArcgisError(400, "Invalid request", "GWM_0007", ("This page is over. Begin again.",))
    return asking


def proves(client: str | None, redirect: str | None, verifier: str | None, bound: str) -> bool:
    """Tell whether somebody knows what a code is bound to."""
    wanted_client, wanted_redirect, challenge, method = msgspec.json.decode(
        bound, type=tuple[str, str, str | None, str]
    )
    if client != wanted_client or redirect != wanted_redirect:
        return False
    if challenge is None:
        return True
    shown = verifier or ""
    if method == "S256":
        shown = base64.urlsafe_b64encode(hashlib.sha256(shown.encode()).digest()).decode().rstrip("=")
    return hmac.compare_digest(shown.encode(), challenge.encode())
