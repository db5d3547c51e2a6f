"""Name and password with every request (Basic), by a cache that every change of the account's state empties."""

import asyncio
import hmac
import secrets
from collections import OrderedDict
from typing import Final

from commonhold.core.core import Core
from commonhold.core.directory.credentials import actor_by, counts
from commonhold.core.directory.digests import digest
from commonhold.core.directory.passwords import account_of
from commonhold.core.directory.sign_in import sign_in
from commonhold.core.identity import Actor
from commonhold.core.model import CredentialKind
from commonhold.core.problems import Problem

REMEMBERED: Final = 10_000  # pairs that a process remembers: some megabytes


class BasicCache:
    """Remembers which pairs of name and password fitted, for faces whose clients send them with every request.

    A pair stands under its HMAC by a key of this process alone; beside it the digest of a session that was begun for
    it, or of the personal token that stood for the password. That is asked for with each request, by the one read
    every credential takes: when it is over, or when password or state of the account changed, the pair is compared
    anew.
    """

    def __init__(self, size: int = REMEMBERED) -> None:
        """Remember at most ``size`` pairs, the latest used ones."""
        self._key = secrets.token_bytes(32)
        self._size = size
        self._sessions: OrderedDict[bytes, bytes] = OrderedDict()
        self._comparing: dict[bytes, asyncio.Lock] = {}

    def pair(self, name: str, password: str) -> bytes:
        """Return the key of a pair."""
        text = f"{len(name)}:{name}{password}".encode("utf-8", "surrogatepass")
        return hmac.digest(self._key, text, "sha256")

    def session(self, pair: bytes) -> bytes | None:
        """Return the digest of the session begun for a pair."""
        found = self._sessions.get(pair)
        if found is not None:
            self._sessions.move_to_end(pair)
        return found

    def remember(self, pair: bytes, session: bytes) -> None:
        """Keep the session of a pair that fitted."""
        self._sessions[pair] = session
        self._sessions.move_to_end(pair)
        while len(self._sessions) > self._size:
            self._sessions.popitem(last=False)

    def forget(self, pair: bytes) -> None:
        """Forget a pair whose session is over."""
        self._sessions.pop(pair, None)

    def comparing(self, pair: bytes) -> asyncio.Lock:
        """Return the lock under which a pair is compared: many requests at once cost one comparison."""
        return self._comparing.setdefault(pair, asyncio.Lock())

    def compared(self, pair: bytes) -> None:
        """Drop the lock of a pair once nobody waits for it."""
        lock = self._comparing.get(pair)
        if lock is not None and not lock.locked():
            del self._comparing[pair]


async def verify_basic(
    core: Core, cache: BasicCache, name: str, password: str, face: str = "native", address: str | None = None
) -> Actor:
    """Return what a request with this name and password, or with a personal token as password, runs as.

    :raises Problem: bad_credentials, too_many_requests
    """
    pair = cache.pair(name, password)
    known = await _remembered(core, cache, pair, face, address)
    if known is not None:
        return known
    try:
        async with cache.comparing(pair):
            known = await _remembered(core, cache, pair, face, address)
            if known is not None:
                return known
            token = digest(password)
            if await _is_token_of(core, token, name):
                cache.remember(pair, token)
                return await actor_by(core, token, face, address)
            issued = await sign_in(core, name, password, address, face, life=core.limits.basic_life, label="basic")
            cache.remember(pair, issued.credential.digest)
            return await actor_by(core, issued.credential.digest, face, address)
    finally:
        cache.compared(pair)


async def _is_token_of(core: Core, token: bytes, name: str) -> bool:
    """Tell whether a password is a personal token of the account with this name or address, and counts now."""
    held = await core.store.who(token)
    if held is None or held.credential.kind is not CredentialKind.TOKEN or not counts(held, core.clock()):
        return False
    account = await account_of(core, name)
    return account.user is not None and account.user.no == held.credential.principal


async def _remembered(core: Core, cache: BasicCache, pair: bytes, face: str, address: str | None) -> Actor | None:
    """Return the actor of a pair that fitted before and whose session counts still."""
    session = cache.session(pair)
    if session is None:
        return None
    try:
        return await actor_by(core, session, face, address)
    except Problem as problem:
        if problem.code != "bad_token":
            raise
        cache.forget(pair)
        return None
