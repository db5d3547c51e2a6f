"""The organisation, as ``portals/self``: what it is, who is in it, and its roles."""

from typing import Any

from commonhold.core.directory.circles import circle_of, own_org
from commonhold.faces.arcgis.ids import id_of
from commonhold.faces.arcgis.info import VERSION
from commonhold.faces.arcgis.parameters import Parameters
from commonhold.faces.arcgis.problems import invalid
from commonhold.faces.arcgis.routes import Table
from commonhold.faces.arcgis.users_shape import user_shape
from commonhold.http.face import Call

TABLE = Table()


@TABLE.resource("/portals/languages", needs="public")
async def languages(call: Call, _: Parameters) -> Any:
    """List the languages that a user may choose."""
    del call
    return [{"language": "English", "culture": "en", "localizedName": "English"}]


@TABLE.resource("/portals/regions", needs="public")
async def regions(call: Call, _: Parameters) -> Any:
    """List the regions that a user may choose."""
    del call
    return [{"name": "World", "region": "WO", "localizedName": "World"}]


@TABLE.resource("/portals/{org}", needs="public")
async def portal(call: Call, _: Parameters) -> Any:
    """Describe the organisation of the caller, or the main one; with the caller, if somebody is logged in."""
    org = await own_org(call.core, call.actor)
    if call.params["org"] not in ("self", id_of(org.uid)):
        raise invalid("Only one's own organisation is described here.")
    host = call.root.partition("://")[2]
    shown: dict[str, Any] = {
        "id": id_of(org.uid),
        "name": org.title,
        "portalName": org.title,
        "portalMode": "singletenant",
        "portalHostname": host,
        "portalProperties": {},
        "isPortal": True,
        "isReadOnly": False,
        "access": "public",
        "allSSL": call.root.startswith("https:"),
        "httpPort": 80,
        "httpsPort": 443,
        "supportsOAuth": True,
        "supportsHostedServices": False,
        "currentVersion": VERSION,
        "created": org.made_at,
        "culture": "en",
        "region": "WO",
        "units": "metric",
        "canSearchPublic": True,
        "canSharePublic": True,
        "canShareBingPublic": False,
        "canProvisionDirectPurchase": False,
        "commentsEnabled": False,
        "featuredGroups": [],
        "rotatorPanels": [],
        "helperServices": {},
        "urlKey": None,
        "customBaseUrl": None,
    }
    if call.actor.user is not None:
        shown["user"] = user_shape(await circle_of(call.core, call.actor, call.actor.user))
    return shown
