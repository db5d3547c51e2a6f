"""The parts of a request to share: recipients and things, each read for itself and refused in its place."""

from typing import Any, Final

import msgspec

from commonhold.core.identity import Named
from commonhold.core.roles import Role
from commonhold.core.sharing.proposal import Asked
from commonhold.faces.puter.problems import (
    ApiError,
    field_errors,
    field_invalid,
    invalid_path,
    invalid_recipient,
)
from commonhold.faces.puter.references import (
    APPS,
    FILES,
    NOTHING,
    app_by_name,
    app_ref,
    file_ref,
    recipient_ref,
)
from commonhold.faces.puter.values import MISSING, Fields, Json, quoted, text_of, truthy, type_of

ROLES: Final[dict[str, Role]] = {"read": Role.VIEWER, "write": Role.CONTRIBUTOR, "manage": Role.MANAGER}


class Thing(msgspec.Struct, frozen=True):
    """Something to be shared as it was asked for; ``entity`` is how an app is named in its refusal."""

    asked: Asked
    entity: dict[str, Any] | None = None


def listed(value: Json, key: str) -> list[Json]:
    """Return a list of at least one; a single text or object is a list of one.

    :raises ApiError: field_invalid
    """
    if not truthy(value) or value == []:
        raise field_invalid(key, "at least one", "none")
    return value if isinstance(value, list) else [value]


def recipients_of(value: Json) -> list[Named | ApiError]:
    """Read the recipients: one text, or a list.

    :raises ApiError: field_invalid
    """
    if truthy(value) and not isinstance(value, str | list):
        raise field_invalid("recipients", "array or string", type_of(value))
    return [_recipient(one) for one in listed(value, "recipients")]


def _recipient(value: Json) -> Named | ApiError:
    found = recipient_ref(value) if isinstance(value, str) else None
    return found or invalid_recipient(value)


def paths_of(value: Json, owner: str | None) -> list[Thing | ApiError]:
    """Read ``paths``: texts, or objects with ``path`` and ``access``.

    :raises ApiError: field_invalid, for a path that is none
    """
    return [_path(one, f"paths[{at}]", owner) for at, one in enumerate(listed(value, "paths"))]


def _path(value: Json, key: str, owner: str | None) -> Thing | ApiError:
    if isinstance(value, str):
        value = {"path": value}
    if not isinstance(value, dict):
        return invalid_path(value)
    return _file(value, value.get("path"), key, owner, ("read", "write"))


def _file(
    value: Fields, path: Json, key: str, owner: str | None, words: tuple[str, ...], *errors: str
) -> Thing | ApiError:
    """Read a file or folder, with the access that is asked for."""
    access = value.get("access")
    found = list(errors)
    if not truthy(path):
        found.append("`path` is required")
    if access not in (None, "") and access not in words:
        found.append(f"`access` should be {' or '.join(f'`{word}`' for word in words)}")
    if found:
        return field_errors(key, *found)
    return Thing(Asked(file_ref(path, owner), ROLES[access or "read"], FILES))


def things_of(value: Json, owner: str | None) -> list[Thing | ApiError]:
    """Read ``things``: files and apps, as the document describes them.

    :raises ApiError: field_invalid, for a path that is none
    """
    return [_thing(one, f"things[{at}]", owner) for at, one in enumerate(listed(value, "things"))]


_NAMES: Final = ("path", "uid", "name")


def _thing(value: Json, key: str, owner: str | None) -> Thing | ApiError:
    if not isinstance(value, dict):
        return invalid_path(value)
    kind, given = value.get("type", MISSING), [name for name in _NAMES if value.get(name) is not None]
    errors: list[str] = []
    if kind is MISSING:
        errors.append("`type` is required")
    elif kind not in ("fsitem", "app"):
        errors.append("`type` should be `fsitem` or `app`")
    if len(given) > 1:
        errors.append(f"{', '.join(f'`{name}`' for name in given)} are mutually exclusive")
    if kind == "fsitem" and "name" in given:
        errors.append("`name` is for apps")
    if kind == "app":
        return _app(value, given, key, owner, *errors)
    named = [name for name in given if name != "name"]
    path = value[named[0]] if named else None if not given else "/"  # what else is wrong is said once
    return _file(value, path, key, owner, ("read", "write"), *errors)


def _app(value: Fields, given: list[str], key: str, owner: str | None, *errors: str) -> Thing | ApiError:
    found = list(errors)
    if value.get("access") not in (None, ""):
        found.append("`access` is for files")
    if not given:
        found.append("`uid` or `name` is required")
    found += [f"`{name}` should be a string" for name in given if not isinstance(value[name], str)]
    if found:
        return field_errors(key, *found)
    name, text = given[0], value[given[0]]
    if name == "name":
        return Thing(Asked(app_by_name(text, owner), Role.VIEWER, APPS), {"id": {"name": text}})
    return Thing(Asked(app_ref(text, owner), Role.VIEWER, APPS), {"uid": text})


TAGS: Final = ("fs-share", "app-share")


def shares_of(value: Json, owner: str | None) -> list[Thing | ApiError]:
    """Read ``shares``: objects whose ``$`` says what they are.

    :raises ApiError: field_invalid, for a path that is none
    """
    return [_share(one, f"shares[{at}]", owner) for at, one in enumerate(listed(value, "shares"))]


def _share(value: Json, key: str, owner: str | None) -> Thing | ApiError:
    if not isinstance(value, dict):
        reason = f"{key} should be an object, not {quoted(value)}"
        return ApiError("format_error", 400, f"format error: {reason}")
    tag = value.get("$")
    if not isinstance(tag, str):
        reason = f"{key} has no `$` that says what it is"
        return ApiError("format_error", 400, f"format error: {reason}")
    if tag not in TAGS:
        message = f"Request contained a {quoted(tag)} where only {' and '.join(f'`{one}`' for one in TAGS)} may stand."
        return ApiError("disallowed_thing", 400, message, thing=tag, accepted=list(TAGS))
    if tag == "app-share":
        return _app(value, [name for name in ("uid", "name") if text_of(value.get(name))][:1], key, owner)
    return _file(value, value.get("path"), key, owner, ("read", "write", "manage"))


def metadata_of(value: Json) -> str | None:
    """Check what may be sent beside ``shares``; return the message to the recipients.

    :raises ApiError: field_invalid
    """
    if value is MISSING or value is None:
        return None
    if not isinstance(value, dict):
        raise field_invalid("metadata", "object", type_of(value))
    if len(value) > 20:
        raise field_invalid("metadata", "at most 20 keys", str(len(value)))
    for name, one in value.items():
        most = 10_240 if name == "message" else 255
        number = isinstance(one, int | float) and not isinstance(one, bool) and name != "message"
        if not number and not (isinstance(one, str) and len(one) <= most and "\0" not in one):
            raise field_invalid(f"metadata.{name[:64]}", f"string of at most {most} characters", type_of(one))
    return text_of(value.get("message"))


def nothing() -> Asked:
    """Return a stand-in where no thing can be judged, so that the recipients are."""
    return Asked(NOTHING)
