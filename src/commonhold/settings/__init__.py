"""Settings: one frozen value, read once. Defaults, then the file, then the environment, then the command line.

The file is ``commonhold.toml`` in the data directory, or what ``COMMONHOLD_CONFIG`` names. A setting ``smtp.port`` is
``port`` in the table ``[smtp]`` there, and ``COMMONHOLD_SMTP_PORT`` in the environment. Unknown names are refused, and
secrets are never shown. All of them stand in ``docs/reference/settings.md``.
"""

from commonhold.settings.keys import Explained, Key, explain, keys, reveal, show
from commonhold.settings.reading import FILE, SettingsError, load
from commonhold.settings.values import (
    PAGES,
    Admin,
    Directus,
    FaceSettings,
    Filr,
    Log,
    Secret,
    Settings,
    Smtp,
    Tls,
    without_password,
)

__all__ = [
    "FILE",
    "PAGES",
    "Admin",
    "Directus",
    "Explained",
    "FaceSettings",
    "Filr",
    "Key",
    "Log",
    "Secret",
    "Settings",
    "SettingsError",
    "Smtp",
    "Tls",
    "explain",
    "keys",
    "load",
    "reveal",
    "show",
    "without_password",
]
