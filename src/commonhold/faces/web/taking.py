"""Forms of pages that stand beside other things: taken, or shown again with the reason and what was given.

Each POST begins here: what another site made a browser send is refused before anything is read (decision 0062).
"""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, TypeAlias

import msgspec
from starlette.responses import Response

from commonhold.core.directory.reading import After
from commonhold.core.problems import Problem
from commonhold.faces.web import words
from commonhold.faces.web.pages import page, speaks
from commonhold.faces.web.speech import Speech, mark
from commonhold.faces.web.viewer import Viewer, viewer_of
from commonhold.http.credentials import refuse_cross_site
from commonhold.http.face import Call
from commonhold.http.forms import fields_of
from commonhold.http.replies import problem_headers
from commonhold.http.statuses import STATUS

PAGE: Final = 100  # rows
_FIELDS: Final = 300  # a page of boxes, and what stands around it
_NUMBER: Final = re.compile(r"[0-9]{1,18}", re.ASCII)
_SECRET: Final = frozenset({"password", "old", "new"})

# What the sentences of ``core.problems`` are called on pages, where the general one says too little.
_SENTENCES: Final = {
    "last_administrator": mark("This is the last administrator. Make another one first."),
    "name_taken": mark("This name is taken. Choose another one."),
    "address_taken": mark("This address belongs to an account already."),
    "bad_name": mark("Use 1 to 64 letters, digits, dots, dashes or underscores."),
    "bad_address": mark("This is not a mail address."),
    "password_too_short": mark("Choose a password of at least 8 characters."),
    "password_too_long": mark("Choose a shorter password."),
    "name_empty": mark("Give a name."),
    "name_too_long": mark("The name is too long. Use at most 255 bytes."),
    "name_forbidden": mark("The name has characters that names may not have. Choose another one."),
    "group_cycle": mark("One of these groups contains the other already. Take that edge away first."),
    "unknown_user": mark("No such user. Check the name."),
    "unknown_recipient": mark("No such user, group or organisation. Check the spelling, or use a mail address."),
    "unknown_group": mark("No such group. Check its name."),
    "unknown_org": mark("No such organisation. Check its name."),
    "invalid_field": mark("This cannot be used. Correct it, and send it again."),
    "end_in_past": mark("The end lies in the past. Choose a later one."),
    "not_allowed": mark("Your account may not do this. Ask an administrator for the allowance."),
    "protected": mark("This is protected against deletion. Take the protection away first."),
    "wrong_password": mark("The password is wrong."),
}

Given: TypeAlias = Mapping[str, Sequence[str]]


class Refused(msgspec.Struct, frozen=True):
    """A form that was not taken: which one of its page, why, which field, and what was given in it (no secret)."""

    form: str
    text: str
    field: str | None = None
    given: dict[str, str] = {}
    status: int = 400
    headers: dict[str, str] = {}

    def of(self, form: str, field: str, value: str = "") -> str:
        """Return what stands in a field: what was given to this form, else ``value``."""
        return self.given.get(field, "") if form == self.form and field not in _SECRET else value


NOTHING: Final = Refused("", "", status=200)
"""No form was refused."""

Again: TypeAlias = Callable[[Refused], Awaitable[Response]]


async def take(call: Call, form: str, act: Callable[[Given], Awaitable[Response]], again: Again) -> Response:
    """Take a form of a page: refuse other sites, do what it says, or show the page again with the reason."""
    refuse_cross_site(call.request, call.base, frozenset())
    await viewer_of(call)
    given = await fields_of(call.request, _FIELDS)
    try:
        return await act(given)
    except Problem as problem:
        return await again(refused(call, form, problem, given))


def refused(call: Call, form: str, problem: Problem, given: Given) -> Refused:
    """Return what a page says of a form that met a problem."""
    status = 403 if problem.code in ("unauthenticated", "bad_credentials") else STATUS[problem.code]
    kept = {name: values[-1] for name, values in given.items() if name not in _SECRET}
    headers = problem_headers(problem, status, call.core.clock())
    field = problem.facts.get("field")
    return Refused(form, told(speaks(call.request), problem), field, kept, status, headers)


def told(speech: Speech, problem: Problem) -> str:
    """Return the sentence of a problem beside its form."""
    known = _SENTENCES.get(problem.code)
    return speech.say(known) if known else words.sentence(speech, problem)


def show(call: Call, template: str, viewer: Viewer, refused: Refused = NOTHING, **known: object) -> Response:
    """Return a page of forms, one of which may have been refused."""
    return page(call, template, refused.status, refused.headers, viewer=viewer, refused=refused, **known)


def text(given: Given, name: str) -> str:
    """Return what stands in a field, without spaces around it; nothing, if it was not sent."""
    values = given.get(name)
    return values[-1].strip() if values else ""


def flag(given: Given, name: str) -> bool:
    """Tell whether a box was ticked."""
    return name in given


def whole(given: Given, name: str) -> int | None:
    """Return a number of a field; None for an empty one.

    :raises Problem: invalid_field
    """
    found = text(given, name)
    if not found:
        return None
    if not _NUMBER.fullmatch(found):
        raise Problem("invalid_field", field=name)
    return int(found)


def asked(call: Call, name: str) -> str:
    """Return a parameter of the address."""
    return call.request.query_params.get(name, "").strip()[:255]


def after_of(call: Call, name: str = "after") -> After:
    """Return where a listing goes on: the parts of its place as JSON.

    :raises Problem: bad_cursor
    """
    found = call.request.query_params.get(name, "")
    if not found:
        return None
    try:
        return tuple(msgspec.json.decode(found[:1_000]))
    except (msgspec.DecodeError, TypeError):
        raise Problem("bad_cursor", field=name) from None


def place(after: After) -> str | None:
    """Return where the next page of a listing begins, as an address has it."""
    return None if after is None else msgspec.json.encode(after).decode()


def number_of(call: Call, name: str) -> int | None:
    """Return a number in the address; None if there is none.

    :raises Problem: bad_cursor
    """
    found = asked(call, name)
    if not found:
        return None
    if not _NUMBER.fullmatch(found):
        raise Problem("bad_cursor", field=name)
    return int(found)
