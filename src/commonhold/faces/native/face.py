"""The native API as a face."""

from commonhold.faces.native import (
    account,
    collections,
    content,
    docs,
    groups,
    installation,
    items,
    links,
    reasons,
    shares,
    uploads,
    users,
    webhooks,
)
from commonhold.http import tus
from commonhold.http.face import Face
from commonhold.http.idempotency import REPLAYED, REVISION
from commonhold.http.replies import problem_json

_PARTS = (account, users, groups, items, content, shares, links, reasons, collections, installation, webhooks)

ROUTES = (*(route for part in _PARTS for route in part.TABLE.routes), *uploads.ROUTES)

FACE = Face(
    name="native",
    claims=("/api/v1",),
    routes=(*ROUTES, *docs.routes(ROUTES)),
    word=problem_json,
    exposes=(REVISION, REPLAYED, *tus.EXPOSED),
)
