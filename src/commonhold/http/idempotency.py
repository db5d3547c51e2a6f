"""``Idempotency-Key``: a POST that is sent again is answered again, and done once."""

import re
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from starlette.responses import Response

from commonhold.core.core import Core
from commonhold.core.problems import Problem
from commonhold.http.bodies import body_of
from commonhold.http.face import Call
from commonhold.http.writes import Kept, Key, Repeated, digest_of, kept_under, noting, under

T = TypeVar("T")

HEADER: Final = "idempotency-key"
REPLAYED: Final = "Idempotency-Replayed"
REVISION: Final = "Commonhold-Revision"

_KEY: Final = re.compile(r"[\x21-\x7e]{1,255}")
_UNGUESSABLE: Final = 20  # characters: the key of somebody without a name is all that tells him from others


async def run(call: Call) -> Response:
    """Run an unsafe route: once per key if there is one, with the revision of what was written in its reply."""
    key = await _key_of(call)
    plain = call.core
    call.core, written = noting(plain)
    if key is None or call.route.streams:
        call.key = key  # what is streamed is done part by part (``each``)
        response = await call.route.handler(call)
    else:
        response = await _once(call, key)
    if written.revision is not None:
        response.headers[REVISION] = str(written.revision)
    elif REPLAYED in response.headers:
        response.headers[REVISION] = str((await plain.store.instance()).revision)
    return response


async def _once(call: Call, key: Key) -> Response:
    core = call.core

    async def do(under_key: Core) -> Response:
        call.core = under_key
        return await call.route.handler(call)

    async def again(kept: Kept) -> Response:
        call.core, call.kept, call.key = core, kept, key
        render = call.route.again
        response = await render(call) if render is not None else Response(status_code=call.route.status)
        response.headers[REPLAYED] = "true"
        return response

    return await once(core, key, do, again)


async def once(core: Core, key: Key, do: Callable[[Core], Awaitable[T]], again: Callable[[Kept], Awaitable[T]]) -> T:
    """Do something under a key, or tell it again from what was kept; also if the same comes twice at the same time.

    :raises Problem: idempotency_mismatch, and those of ``do``
    """
    kept = await kept_under(core, key)
    if kept is None:
        try:
            return await do(under(core, key))
        except (Repeated, Problem) as error:
            kept = await kept_under(core, key)  # the other one of two at the same time was quicker
            if kept is None:
                raise error if isinstance(error, Problem) else Problem("conflict") from error
    return await again(kept)


async def each(call: Call, part: str, do: Callable[[Core], Awaitable[T]], again: Callable[[Kept], Awaitable[T]]) -> T:
    """Do one part of a streamed request once; ``part`` names it (its place and what it is called)."""
    if call.key is None:
        return await do(call.core)
    # No key of a caller has a space in it: parts never meet other requests.
    name = f"{call.key.name} {digest_of(part)[:32]}"
    return await once(call.core, Key(call.key.actor, name, call.key.request), do, again)


async def _key_of(call: Call) -> Key | None:
    """Return the key of a request, bound to who asks and to what is asked; None if it has none.

    A body that is streamed is not part of what is compared.

    :raises Problem: invalid_field
    """
    name = call.request.headers.get(HEADER)
    if name is None or call.route.method != "POST":
        return None
    actor = call.actor.user or 0
    if not _KEY.fullmatch(name) or (not actor and len(name) < _UNGUESSABLE):
        raise Problem("invalid_field", field="Idempotency-Key")
    body = b"" if call.route.streams else await body_of(call.request)
    url = call.request.url
    text = f"{call.face.name} {url.path}?{url.query} {digest_of(body.decode('latin-1'))}"
    # A digest under the instance key: bodies hold passwords, which a plain digest would let somebody guess.
    return Key(actor, name, call.core.secrets.link(f"request:{text}").encode())
