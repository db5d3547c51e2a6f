"""``/admin``: everybody's shares, and who may share with whom at all."""

from typing import Annotated, ClassVar, Final

import msgspec

from commonhold.core.directory.addresses import address_key, is_address
from commonhold.core.directory.allowances import get_allowance, limit_kinds, list_allowances, set_allowance
from commonhold.core.model import EVERYONE, Allowance, Principal
from commonhold.core.problems import Problem
from commonhold.core.roles import ANY_KIND, Kind
from commonhold.core.sharing.finding import Shown
from commonhold.core.sharing.listing import Wanted, administration, every, shares_of_all
from commonhold.core.sharing.managing import withdraw
from commonhold.faces.filr import shapes, words
from commonhold.faces.filr.encoding import given
from commonhold.faces.filr.problems import bad_input, missing
from commonhold.faces.filr.routes import Table, query_of
from commonhold.faces.filr.shapes import Shape
from commonhold.faces.filr.shares import GONE, found
from commonhold.faces.filr.shown import of_share
from commonhold.http.face import Call
from commonhold.http.xml import each

TABLE = Table()

UNDER: Final = "/admin/shares"
MODES: Final = ("none", "whitelist", "blacklist")
PLACES: Final = 1_000  # addresses and domains on the list


class Asked(msgspec.Struct):
    """Which shares are asked for."""

    shared_by: int | None = None
    shared_with: int | None = None
    include_expired: bool = False


class Flags(Shape, kw_only=True):
    """The kinds of recipients that somebody may share with."""

    internal: bool = False
    external: bool = False
    all_internal: bool = False
    all_external: bool = False
    public: bool = False
    public_link: bool = False


class Holder(Shape, kw_only=True):
    """Who may: a user, or a group of everybody inside."""

    type: str | None = None
    id: int | None = None


class Assigned(Shape, kw_only=True):
    """Who may share with whom, as it is told."""

    root: ClassVar[str] = "permission"

    principal: shapes.EntityId
    sharing: shapes.SharingPermission


class AssignedGiven(Shape, kw_only=True):
    """Who may share with whom, as it is asked for."""

    principal: Holder | None = None
    sharing: Flags | None = None


class Restrictions(Shape, kw_only=True):
    """Which addresses may be invited."""

    root: ClassVar[str] = "external_restrictions"

    mode: str
    email_list: Annotated[list[str], each("email")]
    domain_list: Annotated[list[str], each("domain")]


class RestrictionsGiven(Shape, kw_only=True):
    """Which addresses may be invited, as it is asked for: what is left out stays."""

    mode: str | None = None
    email_list: Annotated[list[str] | None, each("email")] = None
    domain_list: Annotated[list[str] | None, each("domain")] = None


class ShareSettings(Shape, kw_only=True):
    """Who may share with whom."""

    root: ClassVar[str] = "share_settings"

    allow_sharing_with_ldap_groups: bool
    sharing_permissions: Annotated[list[Assigned], each("permission")]
    external_restrictions: Restrictions


class ShareSettingsGiven(Shape, kw_only=True):
    """The same as it is asked for: what is left out stays."""

    sharing_permissions: Annotated[list[AssignedGiven] | None, each("permission")] = None
    external_restrictions: RestrictionsGiven | None = None


class Several(Shape, kw_only=True):
    """A whole list of who may share with whom."""

    items: list[AssignedGiven] = msgspec.field(default_factory=list)


@TABLE.route("GET", UNDER, needs="administration")
async def shares(call: Call) -> shapes.SearchResultList:
    """List shares of everybody, by who made them or whom they are with."""
    asked = query_of(call, Asked)
    rows = await _all(call, Wanted(asked.shared_by, asked.shared_with))
    return _listed(call, [one for one in rows if asked.include_expired or one.state != "ended"])


@TABLE.route("GET", f"{UNDER}/public", needs="administration")
async def public(call: Call) -> shapes.SearchResultList:
    """List the public shares of everybody that are not over."""
    return _listed(call, [one for one in await _all(call, Wanted(recipient=EVERYONE)) if one.state != "ended"])


async def _all(call: Call, wanted: Wanted) -> list[Shown]:
    return await every(lambda after: shares_of_all(call.core, call.actor, wanted, after))


def _listed(call: Call, rows: list[Shown]) -> shapes.SearchResultList:
    return shapes.listed([of_share(call, one, UNDER) for one in rows if one.state != "in_trash"])


@TABLE.route("GET", f"{UNDER}/{{id}}", needs="administration")
async def read(call: Call) -> shapes.Share:
    """Return anybody's share."""
    await administration(call.core, call.actor)
    return of_share(call, await found(call), UNDER)


@TABLE.route("DELETE", f"{UNDER}/{{id}}", needs="administration")
async def end(call: Call) -> None:
    """End anybody's share."""
    await administration(call.core, call.actor)
    refused = (await withdraw(call.core, call.actor, ((await found(call)).share.no,))).refused()
    if refused is not None:
        raise missing(GONE) if refused.code == "unknown_share" else refused.problem()


@TABLE.route("GET", "/admin/share_settings", needs="administration")
async def settings(call: Call) -> ShareSettings:
    """Return who may share with whom."""
    return await _settings(call)


async def _settings(call: Call) -> ShareSettings:
    return ShareSettings(
        allow_sharing_with_ldap_groups=True,  # there are no groups of a directory of others here
        sharing_permissions=await _assigned(call),
        external_restrictions=await _restrictions(call),
    )


@TABLE.route("PUT", "/admin/share_settings", needs="administration")
async def set_settings(call: Call) -> ShareSettings:
    """Change who may share with whom: the parts that are given."""
    await administration(call.core, call.actor)
    asked = await given(call.request, ShareSettingsGiven)
    kinds = None if asked.sharing_permissions is None else _kinds(asked.sharing_permissions)
    limits = None if asked.external_restrictions is None else await _merged(call, asked.external_restrictions)
    if kinds is not None:
        await _limit(call, kinds, only=True)
    if limits is not None:
        await _restrict(call, limits)
    return await _settings(call)


@TABLE.route("GET", "/admin/share_settings/permissions", needs="administration")
async def assigned(call: Call) -> shapes.SearchResultList:
    """List who may share with whom, where it is limited."""
    return shapes.listed(await _assigned(call))


@TABLE.route("POST", "/admin/share_settings/permissions", needs="administration")
async def assign(call: Call) -> shapes.SearchResultList:
    """Say with whom one user, or everybody inside, may share."""
    await administration(call.core, call.actor)
    await _limit(call, _kinds([await given(call.request, AssignedGiven)]), only=False)
    return shapes.listed(await _assigned(call))


@TABLE.route("PUT", "/admin/share_settings/permissions", needs="administration")
async def assign_all(call: Call) -> shapes.SearchResultList:
    """Say who may share with whom; whoever is not named has no such limit any more."""
    await administration(call.core, call.actor)
    await _limit(call, _kinds((await given(call.request, Several)).items), only=True)
    return shapes.listed(await _assigned(call))


@TABLE.route("DELETE", "/admin/share_settings/permissions", needs="administration")
async def unassign(call: Call) -> None:
    """Take all these limits away."""
    await limit_kinds(call.core, call.actor, {}, only=True)


@TABLE.route("GET", "/admin/share_settings/external_restrictions", needs="administration")
async def restrictions(call: Call) -> Restrictions:
    """Return which addresses may be invited."""
    return await _restrictions(call)


@TABLE.route("PUT", "/admin/share_settings/external_restrictions", needs="administration")
async def restrict(call: Call) -> Restrictions:
    """Change which addresses may be invited: the parts that are given."""
    await administration(call.core, call.actor)
    await _restrict(call, await _merged(call, await given(call.request, RestrictionsGiven)))
    return await _restrictions(call)


async def _assigned(call: Call) -> list[Assigned]:
    rows = await list_allowances(call.core, call.actor)
    return [Assigned(principal=_holder(who), sharing=_flags(row.kinds)) for who, row in rows if row.kinds != ANY_KIND]


def _holder(who: Principal) -> shapes.EntityId:
    if who.kind is Kind.USER:
        return shapes.EntityId(type="user", id=who.no, href=f"/users/{who.no}")
    return shapes.EntityId(type="group", id=who.no, href=f"/groups/{who.no}")


def _flags(kinds: Kind) -> shapes.SharingPermission:
    """Return kinds as the flags that ``_kinds`` reads; passing on has no limit of its own here."""
    return msgspec.structs.replace(words.sharing(kinds, wide=True), internal=bool(kinds & Kind.USER))


def _kinds(asked: list[AssignedGiven]) -> dict[int, Kind]:
    """Return the kinds of recipients that holders shall share with.

    :raises Refused: BAD_INPUT
    """
    found = {}
    for one in asked:
        if one.principal is None or one.principal.id is None or one.principal.type not in ("user", "group"):
            raise bad_input("Each entry needs a principal with type (user or group) and id.")
        flags = one.sharing or Flags()
        kinds = Kind.NONE
        for wanted, mask in (
            (flags.internal, Kind.USER | Kind.GROUP),
            (flags.internal and flags.all_internal, Kind.ORG),
            (flags.external or flags.all_external, Kind.MAIL),
            (flags.public, Kind.EVERYONE),
            (flags.public_link, Kind.LINK),
        ):
            kinds |= mask if wanted else Kind.NONE
        found[one.principal.id] = kinds
    return found


async def _limit(call: Call, kinds: dict[int, Kind], *, only: bool) -> None:
    try:
        await limit_kinds(call.core, call.actor, kinds, only=only)
    except Problem as problem:
        raise missing("PRINCIPAL_NOT_FOUND") if problem.code == "unknown_user" else problem from None


async def _restrictions(call: Call) -> Restrictions:
    """Return the list of everybody's allowance: names alone are a white list, exceptions alone a black one."""
    await administration(call.core, call.actor)
    row = await get_allowance(call.core, call.actor, EVERYONE)
    if row is None or row.domains is None:
        return Restrictions(mode="none", email_list=[], domain_list=[])
    names: list[str] = msgspec.json.decode(row.domains)
    mode = "blacklist" if names and all(name.startswith("!") for name in names) else "whitelist"
    plain = [name.removeprefix("!") for name in names if name.startswith("!") == (mode == "blacklist")]
    return Restrictions(
        mode=mode,
        email_list=[name for name in plain if "@" in name],
        domain_list=[name for name in plain if "@" not in name],
    )


async def _merged(call: Call, asked: RestrictionsGiven) -> Restrictions:
    """Return the restrictions as they shall be.

    :raises Refused: BAD_INPUT
    """
    old = await _restrictions(call)
    new = Restrictions(
        mode=asked.mode or old.mode,
        email_list=old.email_list if asked.email_list is None else [one.strip() for one in asked.email_list],
        domain_list=old.domain_list if asked.domain_list is None else [one.strip() for one in asked.domain_list],
    )
    if new.mode not in MODES:
        raise bad_input(f"The mode is one of {', '.join(MODES)}.")
    if len(new.email_list) + len(new.domain_list) > PLACES:
        raise bad_input(f"The lists have at most {PLACES} entries together.")
    if not all(map(is_address, new.email_list)):
        raise bad_input("An entry of email_list is no mail address.")
    if not all(is_address(f"a@{one}") for one in new.domain_list):
        raise bad_input("An entry of domain_list is no domain.")
    return new


async def _restrict(call: Call, wanted: Restrictions) -> None:
    """Keep the restrictions with everybody's other limits. An empty black list restricts nothing."""
    row = await get_allowance(call.core, call.actor, EVERYONE) or Allowance(EVERYONE)
    names = sorted({*map(address_key, wanted.email_list), *(one.lower() for one in wanted.domain_list)})
    mark = "!" if wanted.mode == "blacklist" else ""
    kept = None if wanted.mode == "none" or (mark and not names) else [mark + name for name in names]
    text = None if kept is None else msgspec.json.encode(kept).decode()
    await set_allowance(call.core, call.actor, EVERYONE, msgspec.structs.replace(row, domains=text))
