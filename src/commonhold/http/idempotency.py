"""``Idempotency-Key``: a POST that is sent again is answered again, and done once."""

import re
from typing import Final

from starlette.responses import Response

from commonhold.core.problems import Problem
from commonhold.http.bodies import body_of
from commonhold.http.face import Call
from commonhold.http.writes import Kept, Key, Repeated, Written, digest_of, kept_under, noting, under

HEADER: Final = "idempotency-key"
REPLAYED: Final = "Idempotency-Replayed"
REVISION: Final = "Commonhold-Revision"

_KEY: Final = re.compile(r"[\x21-\x7e]{1,255}")
_UNGUESSABLE: Final = 20  # characters: the key of somebody without a name is all that tells him from others


async def run(call: Call) -> Response:
    """Run an unsafe route: once per key if there is one, with the revision of what was written in its reply."""
    key = await _key_of(call)
    if key is not None:
        return await _once(call, key)
    call.core, written = noting(call.core)
    return _with_revision(await call.route.handler(call), written)


def _with_revision(response: Response, written: Written) -> Response:
    if written.revision is not None:
        response.headers[REVISION] = str(written.revision)
    return response


async def _once(call: Call, key: Key) -> Response:
    core = call.core
    kept = await kept_under(core, key)
    if kept is None:
        call.core, written = under(core, key)
        try:
            return _with_revision(await call.route.handler(call), written)
        except (Repeated, Problem) as error:
            kept = await kept_under(core, key)  # the other one of two at the same time was quicker
            if kept is None:
                raise error if isinstance(error, Problem) else Problem("conflict") from error
        call.core = core
    return await _again(call, key, kept)


async def _again(call: Call, key: Key, kept: Kept) -> Response:
    """Render the reply of a request that was done already, from what was kept of it."""
    call.kept = kept
    call.key = key
    again = call.route.again
    response = await again(call) if again is not None else Response(status_code=call.route.status)
    response.headers[REPLAYED] = "true"
    response.headers[REVISION] = str((await call.core.store.instance()).revision)
    return response


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
    body = b"" if call.route.streams else await body_of(call.request, call.options.body_limit)
    url = call.request.url
    text = f"{call.face.name} {url.path}?{url.query} {digest_of(body.decode('latin-1'))}"
    # A digest under the instance key: bodies hold passwords, which a plain digest would let somebody guess.
    return Key(actor, name, call.core.secrets.link(f"request:{text}").encode())
