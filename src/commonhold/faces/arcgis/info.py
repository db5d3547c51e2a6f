"""What a client asks first: which version this is, and where one logs in."""

from typing import Any, Final

from commonhold.faces.arcgis.parameters import Parameters
from commonhold.faces.arcgis.routes import REST, Table
from commonhold.http.face import Call

TABLE = Table()

VERSION: Final = "2026.1"  # the Python client reads each part as a number


@TABLE.resource("", needs="public")
@TABLE.resource("/", needs="public")
async def root(call: Call, _: Parameters) -> Any:
    """Tell the version of the interface."""
    del call
    return {"currentVersion": VERSION}


@TABLE.resource("/info", needs="public")
async def info(call: Call, _: Parameters) -> Any:
    """Tell where to log in."""
    return {
        "owningSystemUrl": call.root,
        "authInfo": {"tokenServicesUrl": f"{call.root}{REST}/generateToken", "isTokenBasedSecurity": True},
        "currentVersion": VERSION,
    }
