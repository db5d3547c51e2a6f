"""Reading the settings: defaults, then the file, then the environment, then the command line; the last one counts."""

import difflib
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from commonhold.settings.keys import PREFIX, Key, key_of, keys
from commonhold.settings.values import DATA, FaceSettings, Names, Settings

FILE: Final = "commonhold.toml"
ELSEWHERE: Final = frozenset(
    {"CONFIG", "URL", "TOKEN", "PASSPHRASE", "NO_SKIP", "ARCGIS", "TEST_POSTGRES", "SEED", "WHOLE"}
)  # read here, by commands, and by tests


class SettingsError(Exception):
    """Settings that cannot be used. Each of ``complaints`` names the setting, where it came from, and what to do."""

    def __init__(self, *complaints: str) -> None:
        """Keep the complaints; none of them shows a value."""
        super().__init__("\n".join(complaints))
        self.complaints = complaints


def load(environ: Mapping[str, str] | None = None, given: Mapping[str, Any] | None = None) -> Settings:
    """Read the settings: ``given`` (by full name; None is left out) over the environment over the file.

    :raises SettingsError: with everything that is wrong, not only the first
    """
    environ = os.environ if environ is None else environ
    wrong: list[str] = []
    upper = _from_environment(environ, wrong)
    for name, value in (given or {}).items():
        if value is not None:
            upper[name] = (value, "command line")
    found = {**_from_file(environ, upper, wrong), **upper}
    found.setdefault("data", (DATA, "default"))
    tree: dict[str, Any] = {}
    for name, (value, origin) in found.items():
        key = key_of(name)
        if key is None:
            wrong.append(f"{name} ({origin}): there is no such setting.{_meant(name, keys())}")
        else:
            _plant(tree, key, value, origin, wrong)
    if wrong:
        raise SettingsError(*wrong)
    origins = {name: origin for name, (_, origin) in found.items() if origin != "default"}
    try:
        return msgspec.convert({**tree, "origins": origins}, Settings, strict=False, dec_hook=_decode)
    except msgspec.ValidationError as error:
        raise SettingsError(f"{error}.") from None


def _from_environment(environ: Mapping[str, str], wrong: list[str]) -> dict[str, tuple[Any, str]]:
    """Take what our prefix names; an empty value counts as none."""
    names = {key.variable: key.name for key in keys().values()}
    face = re.compile(rf"{PREFIX}FACES_([A-Z][A-Z0-9_]*)_({'|'.join(FaceSettings.__struct_fields__).upper()})")
    found: dict[str, tuple[Any, str]] = {}
    for variable, value in environ.items():
        if not variable.startswith(PREFIX) or variable.removeprefix(PREFIX) in ELSEWHERE or not value:
            continue
        if of_face := face.fullmatch(variable):
            name, part = (text.lower().replace("_", "-") for text in of_face.groups())
            found[f"faces.{name}.{part}"] = (value, variable)
        elif variable in names:
            found[names[variable]] = (value, variable)
        else:
            wrong.append(f"{variable}: there is no such setting.{_meant(variable, names)}")
    return found


def _from_file(environ: Mapping[str, str], upper: Mapping[str, Any], wrong: list[str]) -> dict[str, tuple[Any, str]]:
    """Read the file that is named, or the one in the data directory if it is there."""
    named = environ.get(PREFIX + "CONFIG")
    path = Path(named) if named else Path(upper["data"][0] if "data" in upper else DATA).expanduser() / FILE
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if named:
            wrong.append(f"{PREFIX}CONFIG: there is no file {path}.")
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        reason = str(error) if isinstance(error, tomllib.TOMLDecodeError) else type(error).__name__
        wrong.append(f"{path}: cannot be read ({reason}).")
        return {}
    if not named and "data" in tables:
        wrong.append(f"data ({path}): the file lies in the data directory already; set {PREFIX}DATA instead.")
    return {name: (value, str(path)) for name, value in _flat(tables, "")}


def _flat(tables: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for name, value in tables.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def _plant(tree: dict[str, Any], key: Key, value: Any, origin: str, wrong: list[str]) -> None:
    """Check one value by itself and put it where it belongs."""
    if key.type is Names and isinstance(value, str):
        value = [part for part in re.split(r"[,\s]+", value) if part]
    try:
        msgspec.convert(value, key.type, strict=False, dec_hook=_decode)
    except msgspec.ValidationError as error:
        reason = "Expected a text" if key.secret else str(error)
        wrong.append(f"{key.name} ({origin}): {reason}. {key.said}")
    *path, last = key.name.split(".")
    for name in path:
        tree = tree.setdefault(name, {})
    tree[last] = value


def _decode(kind: type, value: Any) -> Any:
    """Make the types that msgspec does not know; paths become absolute, as child processes may stand elsewhere."""
    if isinstance(value, kind):
        return value
    if not isinstance(value, str | Path):
        raise ValueError("Expected a text")  # noqa: TRY004 - msgspec turns this one into its own error
    return Path(value).expanduser().absolute() if kind is Path else kind(value)


def _meant(name: str, known: Mapping[str, Any]) -> str:
    """Suggest the name that was probably meant."""
    close = difflib.get_close_matches(name, known, n=1)
    return f" Did you mean {close[0]}?" if close else ""
