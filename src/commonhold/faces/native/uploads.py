"""Uploads that resume: tus 1.0 below ``/api/v1/uploads``, begun at the folder that they are for."""

from typing import Final

from commonhold.http.tus import tus_routes

ROUTES: Final = tus_routes("/api/v1/uploads", "/api/v1/items/{item}/uploads", lambda call: call.params["item"])
