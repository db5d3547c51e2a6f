"""The native API, ``/api/v1``: every verb of the core as JSON over HTTP."""
