"""What a client asks about itself and the server: its permissions, role and policies, and whether anybody is there."""

from typing import Any, Final

from starlette.responses import PlainTextResponse, Response

from commonhold.core.directory.roll import with_numbers
from commonhold.core.query import ALWAYS, NEVER
from commonhold.core.records.authority import authority
from commonhold.core.records.catalog import Catalog
from commonhold.core.records.rules import Access, fields_of, rows_of
from commonhold.core.roles import Action
from commonhold.faces.directus.permitting import ACTIONS
from commonhold.faces.directus.problems import forbidden, no_collection
from commonhold.faces.directus.registry import ROLES, USERS
from commonhold.faces.directus.replies import json_reply
from commonhold.faces.directus.routes import Table
from commonhold.faces.directus.system import CATALOG, ground, rows
from commonhold.http.face import Call

TABLE = Table()

Json = Any

ABSENT: Final = (
    "activity", "dashboards", "flows", "folders", "notifications", "operations", "panels", "presets", "revisions",
    "settings", "versions", "webhooks",
)  # fmt: skip
"""Collections of the original that clients ask for, and that are always empty here."""

VERSION: Final = "11.17.4"
"""The version whose answers this dialect gives: what clients compare with."""


@TABLE.route("GET", "/permissions/me")
async def my_permissions(call: Call) -> Json:
    """Return, by collection and action, whether the caller may act on all rows, on some, or on none."""
    found: dict[str, dict[str, Json]] = {}
    may = (await ground(call)).may
    for word, action in ACTIONS.items():
        asked = action & ~Action.DOWNLOAD
        records = await authority(call.core, call.actor, asked)
        _add(found, word, records.catalog, records.access)
        _add(found, word, CATALOG, may.access(asked))
    return {name: one for name, one in found.items() if any(said["access"] != "none" for said in one.values())}


def _add(found: dict[str, dict[str, Json]], word: str, catalog: Catalog, access: Access) -> None:
    for collection in catalog:
        found.setdefault(collection.name, {})[word] = _said(access, collection.name)


def _said(access: Access, collection: str) -> dict[str, Json]:
    grants = access.on(collection)
    where, names = rows_of(grants), fields_of(grants)
    if where == NEVER:
        return {"access": "none"}
    said: dict[str, Json] = {"access": "full" if where == ALWAYS else "partial"}
    said["fields"] = ["*"] if names is None else sorted(names)
    return said


@TABLE.route("GET", "/roles/me")
async def my_roles(call: Call) -> Json:
    """Return the role of the caller, as the one entry of a list."""
    if call.actor.user is None:
        raise forbidden()
    mine = await _mine(call)
    return [row for row in (await rows(call, [ROLES]))[ROLES] if row["id"] == mine]


async def _mine(call: Call) -> str | None:
    """Return the id of the caller's role."""
    from_uid = await with_numbers(call.core, call.actor, [call.actor.user or 0])
    uids = {row.uid for row in from_uid.values()}
    return next((row["role"] for row in (await rows(call, [USERS]))[USERS] if row["id"] in uids), None)


@TABLE.route("GET", "/policies/me/globals")
async def my_globals(call: Call) -> Json:
    """Return what the caller's policies say about everything."""
    if call.actor.user is None:
        return {"app_access": False}
    admin = (await ground(call)).may.whole
    return {"app_access": admin, "admin_access": admin, "enforce_tfa": False}


@TABLE.route("GET", "/server/ping", needs="public")
async def ping(call: Call) -> Response:
    """Answer ``pong``."""
    del call
    return PlainTextResponse("pong")


@TABLE.route("GET", "/server/info", needs="public")
async def info(call: Call) -> Json:
    """Tell what the project is called; to whoever is logged in also which version is spoken."""
    nothing = dict.fromkeys(
        (
            "project_descriptor", "project_logo", "default_theme_light", "default_theme_dark", "theme_light_overrides",
            "theme_dark_overrides", "public_foreground", "public_favicon", "public_note", "custom_css",
            "public_background",
        )
    )  # fmt: skip
    project = {
        "project_name": "Commonhold",
        **nothing,
        "project_color": "#6644FF",
        "default_appearance": "auto",
        "default_language": "en-US",
        "public_registration": False,
        "public_registration_verify_email": True,
    }
    told: dict[str, Json] = {"project": project, "setupCompleted": True}
    return {**told, "version": VERSION} if call.actor.user is not None else told


@TABLE.route("GET", "/server/health", needs="public")
async def health(call: Call) -> Response:
    """Tell that the server answers."""
    await call.core.store.instance()
    return Response(b'{"status":"ok"}', media_type="application/health+json; charset=utf-8")


@TABLE.route("GET", "/auth", needs="public")
async def providers(call: Call) -> Response:
    """List the other ways to log in: there are none."""
    del call
    return json_reply({"data": [], "disableDefault": False})


def _empty(name: str) -> None:
    """Add the route of a collection of the original that has no rows here."""

    async def listing(call: Call) -> Json:
        """List nothing, to administrators."""
        if not (await ground(call)).may.whole:
            raise no_collection(f"directus_{name}")
        return []

    TABLE.route("GET", f"/{name}")(listing)


for _name in ABSENT:
    _empty(_name)


@TABLE.route("GET", "/translations", needs="public")
async def translations(call: Call) -> Json:
    """List translations: there are none."""
    del call
    return []
