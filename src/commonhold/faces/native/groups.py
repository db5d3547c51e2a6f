"""Groups and organisations: listed, made, changed; who is in a group."""

from typing import Any, Literal

from msgspec import UNSET, Struct, UnsetType, structs

from commonhold.core.directory import groups, joining, members, orgs
from commonhold.core.identity import Named
from commonhold.core.model import GroupTerms, Level
from commonhold.faces.native.users import StartsWith
from commonhold.faces.native.users_shape import (
    GroupShape,
    MemberShape,
    OrgShape,
    group_shape,
    member_shape,
    org_shape,
)
from commonhold.faces.native.words import (
    Label,
    Listing,
    Paging,
    RecipientIn,
    Ref,
    cursor,
    group_ref,
    kind_mask,
    org_ref,
    place_of,
    recipient_ref,
    user_ref,
)
from commonhold.http.bodies import json_of
from commonhold.http.face import Call
from commonhold.http.typed import Table

TABLE = Table("/api/v1")


class GroupTermsIn(Struct, forbid_unknown_fields=True, frozen=True):
    """What a group accepts; what is left out stays as it is."""

    view_only: bool | UnsetType = UNSET
    members_update: bool | UnsetType = UNSET
    org_only: bool | UnsetType = UNSET
    members_share: bool | UnsetType = UNSET
    visible: Literal["user", "org", "everyone"] | UnsetType = UNSET
    joining: Literal["invited", "asked", "free"] | UnsetType = UNSET
    leaving: bool | UnsetType = UNSET
    hidden_members: bool | UnsetType = UNSET
    protected: bool | UnsetType = UNSET

    def given(self) -> dict[str, Any]:
        """Return the columns that were named."""
        found = {name: value for name, value in structs.asdict(self).items() if value is not UNSET}
        if self.visible is not UNSET:
            found["visible"] = kind_mask((self.visible,))
        return found


class NewGroupIn(Struct, forbid_unknown_fields=True, frozen=True):
    """A group to be made; its owner is whoever makes it, unless somebody else is named (administrators)."""

    title: Label
    owner: Label | None = None
    terms: GroupTermsIn = GroupTermsIn()
    attributes: dict[str, Any] = {}


class GroupEdit(Struct, forbid_unknown_fields=True, frozen=True):
    """What to change of a group."""

    title: Label | UnsetType = UNSET
    owner: Label | UnsetType = UNSET
    terms: GroupTermsIn = GroupTermsIn()
    attributes: dict[str, Any] = {}


class MembersIn(Struct, forbid_unknown_fields=True, frozen=True):
    """Users, groups and mail addresses, as recipients are written; users get ``level``."""

    members: tuple[Ref | RecipientIn, ...]
    level: Level = Level.MEMBER


class RefusedMember(Struct, frozen=True):
    """A member that was not added or taken out, and the code that says why."""

    member: str
    code: str


class EditedShape(Struct, frozen=True):
    """The ids of those who are in the group now (or no longer), and who was refused."""

    done: list[int]
    refused: list[RefusedMember]


class JoinedShape(Struct, frozen=True):
    """What came of the wish to join: member, or asked."""

    state: joining.Joined


class NewOrg(Struct, forbid_unknown_fields=True, frozen=True):
    """An organisation to be made."""

    title: Label
    attributes: dict[str, Any] = {}


class OrgEdit(Struct, forbid_unknown_fields=True, frozen=True):
    """What to change of an organisation."""

    title: Label | None = None
    attributes: dict[str, Any] | None = None


def _ref(call: Call) -> Named:
    return group_ref(call.params["group"])


async def group_again(call: Call) -> GroupShape:
    """Render a group that was made as it is now."""
    return group_shape(await groups.get_group(call.core, call.actor, group_ref(call.kept.made("principal") or "")))


@TABLE.route("GET", "/groups", needs="directory", problems="unauthenticated bad_cursor")
async def list_groups(call: Call, query: StartsWith) -> Listing[GroupShape]:
    """List the groups that one may learn of, by title."""
    page = await groups.list_groups(
        call.core, call.actor, query.starts_with, after=place_of(query.next), limit=query.limit
    )
    return Listing([group_shape(one) for one in page.rows], cursor(page.next))


@TABLE.route(
    "POST", "/groups", needs="directory", status=201, again=group_again, problems="name_taken not_allowed forbidden"
)
async def add_group(call: Call, body: NewGroupIn) -> GroupShape:
    """Make a group."""
    owner = user_ref(body.owner) if body.owner is not None else None
    terms = GroupTerms(0, **body.terms.given())
    new = groups.NewGroup(title=body.title, owner=owner, terms=terms, attributes=body.attributes)
    return group_shape(await groups.add_group(call.core, call.actor, new))


@TABLE.route("GET", "/groups/{group}", needs="directory", problems="unknown_group unauthenticated")
async def group(call: Call) -> GroupShape:
    """Return a group, by title or uid."""
    return group_shape(await groups.get_group(call.core, call.actor, _ref(call)))


@TABLE.route("PATCH", "/groups/{group}", needs="directory", problems="unknown_group forbidden name_taken unknown_user")
async def edit_group(call: Call, body: GroupEdit) -> GroupShape:
    """Change a group: its managers the title, its owner and administrators the rest too."""
    owner = UNSET if body.owner is UNSET else user_ref(body.owner)
    change = groups.GroupChange(title=body.title, owner=owner, terms=body.terms.given(), attributes=body.attributes)
    return group_shape(await groups.change_group(call.core, call.actor, _ref(call), change))


@TABLE.route("DELETE", "/groups/{group}", needs="directory", problems="unknown_group forbidden protected")
async def delete_group(call: Call) -> None:
    """Delete a group: what was shared with it reaches nobody from now on."""
    await groups.delete_group(call.core, call.actor, _ref(call))


@TABLE.route("GET", "/groups/{group}/members", needs="directory", problems="unknown_group forbidden bad_cursor")
async def list_members(call: Call, query: Paging) -> Listing[MemberShape]:
    """List the users directly in a group."""
    page = await members.list_members(call.core, call.actor, _ref(call), after=place_of(query.next), limit=query.limit)
    return Listing([member_shape(one) for one in page.rows], cursor(page.next))


@TABLE.route("GET", "/groups/{group}/nested", needs="directory", problems="unknown_group forbidden bad_cursor")
async def list_nested(call: Call, query: Paging) -> Listing[MemberShape]:
    """List the groups and mail addresses nested in a group."""
    page = await members.list_nested(call.core, call.actor, _ref(call), after=place_of(query.next), limit=query.limit)
    return Listing([member_shape(one) for one in page.rows], cursor(page.next))


async def _add(call: Call, body: MembersIn) -> EditedShape:
    refs = [recipient_ref(one) for one in body.members]
    return _edited(await members.add_members(call.core, call.actor, _ref(call), refs, body.level))


def _edited(found: members.Edited) -> EditedShape:
    refused = [RefusedMember(one.ref.text if isinstance(one.ref, Named) else "", one.code) for one in found.refused]
    return EditedShape(list(found.done), refused)


async def _add_again(call: Call) -> EditedShape:
    return await _add(call, await json_of(call.request, MembersIn))


@TABLE.route("POST", "/groups/{group}/members", needs="directory", again=_add_again, problems="unknown_group forbidden")
async def add_members(call: Call, body: MembersIn) -> EditedShape:
    """Put users, groups and mail addresses into a group; each is refused for itself."""
    return await _add(call, body)


async def _remove(call: Call, body: MembersIn) -> EditedShape:
    refs = [recipient_ref(one) for one in body.members]
    return _edited(await members.remove_members(call.core, call.actor, _ref(call), refs))


async def _remove_again(call: Call) -> EditedShape:
    return await _remove(call, await json_of(call.request, MembersIn))


@TABLE.route(
    "POST", "/groups/{group}/members/remove", needs="directory", again=_remove_again, problems="unknown_group forbidden"
)
async def remove_members(call: Call, body: MembersIn) -> EditedShape:
    """Take users, groups and mail addresses out of a group; each is refused for itself."""
    return await _remove(call, body)


async def _join_again(call: Call) -> JoinedShape:
    return JoinedShape(await joining.join_group(call.core, call.actor, _ref(call)))


@TABLE.route("POST", "/groups/{group}/join", needs="directory", again=_join_again, problems="unknown_group forbidden")
async def join(call: Call) -> JoinedShape:
    """Join a group that is free to join, or ask its owner."""
    return JoinedShape(await joining.join_group(call.core, call.actor, _ref(call)))


@TABLE.route("POST", "/groups/{group}/leave", needs="directory", status=204, problems="unknown_group forbidden")
async def leave(call: Call) -> None:
    """Leave a group."""
    await joining.leave_group(call.core, call.actor, _ref(call))


@TABLE.route("GET", "/orgs", needs="directory", problems="unauthenticated bad_cursor")
async def list_orgs(call: Call, query: Paging) -> Listing[OrgShape]:
    """List organisations by title."""
    page = await orgs.list_orgs(call.core, call.actor, after=place_of(query.next), limit=query.limit)
    return Listing([org_shape(one) for one in page.rows], cursor(page.next))


async def org_again(call: Call) -> OrgShape:
    """Render an organisation that was made as it is now."""
    return org_shape(await orgs.get_org(call.core, call.actor, org_ref(call.kept.made("principal") or "")))


@TABLE.route("POST", "/orgs", needs="administration", status=201, again=org_again, problems="forbidden name_taken")
async def add_org(call: Call, body: NewOrg) -> OrgShape:
    """Make an organisation."""
    return org_shape(await orgs.add_org(call.core, call.actor, body.title, body.attributes))


@TABLE.route("GET", "/orgs/{org}", needs="directory", problems="unknown_org unauthenticated")
async def org(call: Call) -> OrgShape:
    """Return an organisation, by title or uid."""
    return org_shape(await orgs.get_org(call.core, call.actor, org_ref(call.params["org"])))


@TABLE.route("PATCH", "/orgs/{org}", needs="administration", problems="unknown_org forbidden name_taken")
async def edit_org(call: Call, body: OrgEdit) -> OrgShape:
    """Change the title or attributes of an organisation."""
    ref = org_ref(call.params["org"])
    return org_shape(await orgs.change_org(call.core, call.actor, ref, body.title, body.attributes))
