"""The settings as a table: every name, its type, its default and what it is for, taken from the classes themselves."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Final, get_args, get_origin, get_type_hints

import msgspec

from commonhold.settings.values import FaceSettings, Secret, Settings, without_password

PREFIX: Final = "COMMONHOLD_"
FACE: Final = "faces.<name>."


class Key(msgspec.Struct, frozen=True):
    """One setting: its name, type, default, and what it is for. Those of faces are named ``faces.<name>.…``."""

    name: str
    type: Any
    default: Any
    said: str

    @property
    def variable(self) -> str:
        """The name in the environment."""
        return PREFIX + self.name.replace(".", "_").upper()

    @property
    def secret(self) -> bool:
        """Whether the value must not be shown."""
        return Secret in get_args(self.type) or self.type is Secret


@cache
def keys() -> dict[str, Key]:
    """Return all settings by name, in the order of the class."""
    return {key.name: key for key in _keys(Settings, "")}


def _keys(part: type[msgspec.Struct], prefix: str) -> Iterator[Key]:
    hints = get_type_hints(part, include_extras=True)
    for field in msgspec.structs.fields(part):
        hint, name = hints[field.name], prefix + field.encode_name
        if get_origin(hint) is Annotated:
            kind, *more = get_args(hint)
            said = next(text for text in more if isinstance(text, str))
            kind = Annotated[(kind, *rest)] if (rest := [one for one in more if one is not said]) else kind
            yield Key(name, kind, field.default, said)
        elif isinstance(hint, type) and issubclass(hint, msgspec.Struct):
            yield from _keys(hint, f"{name}.")
        elif name == "faces":
            yield from _keys(FaceSettings, FACE)


def key_of(name: str) -> Key | None:
    """Return a setting by its full name (``faces.native.on``), or None."""
    found = keys().get(name) or keys().get(re.sub(r"\Afaces\.[a-z][a-z0-9-]*\.", FACE, name))
    return msgspec.structs.replace(found, name=name) if found is not None and "<" not in name else None


class Explained(msgspec.Struct, frozen=True):
    """A setting as ``check-config`` shows it: ``value`` is a text for people, ``origin`` where it came from."""

    name: str
    variable: str
    value: str
    origin: str
    said: str


def explain(settings: Settings) -> list[Explained]:
    """Tell every setting, its value and origin; secrets only as set or not."""
    return [
        Explained(key.name, key.variable, show(_shown(key, value)), settings.origins.get(key.name, "default"), key.said)
        for key, value in _valued(settings)
    ]


def _shown(key: Key, value: Any) -> Any:
    """Return a value as it may be shown: the URL of a database without the password in it."""
    return without_password(value) if key.name == "database" and value else value


def reveal(settings: Settings) -> dict[str, Any]:
    """Return what is no default, secrets too, as ``load`` takes it: for the pipe to a child process, nowhere else."""
    found = {key.name: value for key, value in _valued(settings) if value != key.default or key.name == "data"}
    return {name: _plain(value) for name, value in found.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, Secret):
        return value.reveal()
    return str(value) if isinstance(value, Path) else value


def _valued(settings: Settings) -> Iterator[tuple[Key, Any]]:
    """Yield every setting with its value, those of faces for each face that is named."""
    for key in keys().values():
        faces = sorted(settings.faces) if key.name.startswith(FACE) else [""]
        for face in faces:
            real = msgspec.structs.replace(key, name=key.name.replace(FACE, f"faces.{face}."))
            yield real, _value(settings, real.name)


def _value(settings: Settings, name: str) -> Any:
    found: Any = settings
    for part in name.split("."):
        found = found[part] if isinstance(found, dict) else getattr(found, "sender" if part == "from" else part)
    return found


def show(value: Any) -> str:
    """Write a value for people; a secret is only said to be set."""
    if value is None or value == ():
        return "none"
    if isinstance(value, Secret):
        return "(set)"
    if isinstance(value, bool):
        return "true" if value else "false"
    return ", ".join(value) if isinstance(value, tuple) else str(value)
