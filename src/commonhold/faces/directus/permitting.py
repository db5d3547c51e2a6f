"""Permissions as clients write them, and rules as the core keeps them: one for each action, held by a policy."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from commonhold.core.identity import RecipientRef
from commonhold.core.query import (
    ALWAYS,
    WITHOUT_VALUE,
    And,
    Back,
    Call,
    Current,
    Filter,
    Not,
    Now,
    Of,
    Op,
    Operand,
    Or,
    Some,
    Step,
    Toward,
    Value,
)
from commonhold.core.records.catalog import Catalog
from commonhold.core.records.rules import WHOLE, Preset, Rule
from commonhold.core.records.ruling import Held, NewRule
from commonhold.core.records.view import View
from commonhold.core.roles import Action
from commonhold.faces.directus.filters import CURRENT, filter_of, now
from commonhold.faces.directus.problems import failed_validation, invalid_payload

Json = Any

ACTIONS: Final = {
    "create": Action.CREATE,
    "read": Action.READ | Action.DOWNLOAD,
    "update": Action.WRITE,
    "delete": Action.DELETE,
    "share": Action.SHARE,
}
_WORDS: Final = tuple(ACTIONS)
_LATE: Final = {current.name: word for word, current in reversed(CURRENT.items())}


# --- written


def new_rule(catalog: Catalog, holder: RecipientRef, body: Mapping[str, Json]) -> NewRule:
    """Read a permission.

    :raises ApiError: FAILED_VALIDATION, INVALID_PAYLOAD, INVALID_QUERY, FORBIDDEN for a field that is not there
    """
    collection, action = _needed(body, "collection"), _needed(body, "action")
    if action not in ACTIONS:
        raise invalid_payload(f'"action" must be one of [{", ".join(ACTIONS)}]')
    view = View(catalog, WHOLE)
    return NewRule(
        holder,
        collection,
        ACTIONS[action],
        _filter(view, collection, body.get("permissions")),
        _fields(body.get("fields"), whole=action in ("delete", "share")),
        _filter(view, collection, body.get("validation")),
        tuple(_presets(body.get("presets"))),
    )


def _needed(body: Mapping[str, Json], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise failed_validation(name)
    return value


def _filter(view: View, collection: str, given: Json) -> Filter:
    if not given:
        return ALWAYS
    if not isinstance(given, dict):
        raise invalid_payload("A filter must be of type object")
    return filter_of(view, collection, given)


def _fields(given: Json, *, whole: bool) -> tuple[str, ...]:
    """Read the fields; what is done with whole rows needs none to be named."""
    if given is None or given == []:
        return ("*",) if whole else ()
    names = given.split(",") if isinstance(given, str) else given
    if not isinstance(names, list) or not all(isinstance(one, str) for one in names):
        raise invalid_payload('"fields" must be an array of strings')
    return tuple(dict.fromkeys(names))


def _presets(given: Json) -> Iterator[Preset]:
    if not given:
        return
    if not isinstance(given, dict):
        raise invalid_payload('"presets" must be of type object')
    for name, value in given.items():
        if isinstance(value, str) and value in CURRENT:
            yield Preset(name, late=CURRENT[value])
        elif isinstance(value, str) and value.startswith("$NOW"):
            yield Preset(name, late=now(value))
        else:
            yield Preset(name, text=msgspec.json.encode(value).decode())


# --- shown


def permission_rows(held: Held) -> Iterator[dict[str, Json]]:
    """Yield a rule as permissions: one for each of its actions."""
    rule = held.rule
    for at, word in enumerate(_WORDS):
        if rule.actions & ACTIONS[word] & ~Action.DOWNLOAD:
            yield {
                "id": rule.no * len(_WORDS) + at,
                "policy": held.holder.uid if held.holder else None,
                "collection": rule.collection,
                "action": word,
                "permissions": shown(rule.filter),
                "validation": shown(rule.check),
                "presets": _shown_presets(rule),
                "fields": ["*"] if rule.fields is None else sorted(rule.fields),
            }


def rule_and_action(ident: int) -> tuple[int, str]:
    """Return the number of the rule, and the action, that a permission stands for."""
    no, at = divmod(ident, len(_WORDS))
    return no, _WORDS[at]


def _shown_presets(rule: Rule) -> dict[str, Json] | None:
    found: dict[str, Json] = {}
    for one in rule.presets:
        if isinstance(one.late, Current):
            found[one.field] = _LATE.get(one.late.name)
        else:
            found[one.field] = (
                _moment(one.late) if isinstance(one.late, Now) else msgspec.json.decode(one.text or "null")
            )
    return found or None


def shown(node: Filter) -> dict[str, Json]:
    """Write a filter as this dialect does."""
    if isinstance(node, And):
        if not node.parts:
            return {}
        return {"_and": [shown(part) for part in node.parts]}
    if isinstance(node, Or):
        return {"_or": [shown(part) for part in node.parts]}
    if isinstance(node, Not):
        if isinstance(node.part, Some):
            return {_step(node.part.over): {"_none": shown(node.part.where)}}
        return {"_not": shown(node.part)}
    if isinstance(node, Some):
        return {_step(node.over): shown(node.where)}
    value = True if node.op in WITHOUT_VALUE else _value(node.value)
    return _at(node.operand, {f"_{Op(node.op).value}": value})


def _at(operand: Operand, said: dict[str, Json]) -> dict[str, Json]:
    if isinstance(operand, Of):
        return {_step(operand.over): _at(operand.operand, said)}
    if isinstance(operand, Call):
        return {f"{operand.fn.value}({operand.field})": said}
    return {operand if isinstance(operand, str) else "": said}


def _step(over: Step) -> str:
    if isinstance(over, Toward):
        return f"{over.field}:{over.collection}"
    return f"$FOLLOW({over.collection},{over.field})" if isinstance(over, Back) else over


def _value(value: Value) -> Json:
    if isinstance(value, tuple):
        return [_value(one) for one in value]
    if isinstance(value, Current):
        return _LATE.get(value.name)
    return _moment(value) if isinstance(value, Now) else value


def _moment(late: Now) -> str:
    if late.months:
        return f"$NOW({late.months:+} months)"
    return f"$NOW({late.plus:+} ms)" if late.plus else "$NOW"
