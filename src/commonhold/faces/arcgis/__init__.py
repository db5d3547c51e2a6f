"""The ArcGIS dialect: sharing of portal items under ``/sharing/rest``."""
