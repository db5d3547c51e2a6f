"""What people, groups and organisations look like in the native API."""

from typing import Any

from msgspec import UNSET, Struct, UnsetType

from commonhold.core.directory.groups import Group
from commonhold.core.directory.members import MemberOf
from commonhold.core.directory.orgs import Org
from commonhold.core.directory.people import Person
from commonhold.core.model import GroupTerms, Level, State
from commonhold.core.roles import OrgRole
from commonhold.faces.native.words import KindWord, Moment, kind_word, moment


class PersonShape(Struct, frozen=True):
    """A user. ``email``, ``verified`` and ``attributes``: for himself and his administrators."""

    uid: str
    id: int
    name: str
    first_name: str | None
    last_name: str | None
    state: State
    org: int | None
    org_role: OrgRole
    admin: bool
    external: bool
    made_at: Moment
    email: str | UnsetType | None = UNSET
    verified: bool | UnsetType = UNSET
    attributes: dict[str, Any] | UnsetType = UNSET


class GroupTermsShape(Struct, frozen=True):
    """What a group accepts: who may share into it, who may join, and what its members see."""

    view_only: bool
    members_update: bool
    org_only: bool
    members_share: bool
    visible: KindWord
    joining: str  # invited, asked or free
    leaving: bool
    hidden_members: bool
    protected: bool


class GroupShape(Struct, frozen=True):
    """A group; ``level``: what the caller is in it himself, directly."""

    uid: str
    id: int
    title: str
    owner: int | None
    org: int | None
    made_at: Moment
    terms: GroupTermsShape
    level: Level | None
    attributes: dict[str, Any]


class MemberShape(Struct, frozen=True):
    """A member of a group: a user, or a group or mail address nested in it."""

    uid: str
    id: int
    kind: KindWord
    name: str
    state: State
    level: Level
    since: Moment


class OrgShape(Struct, frozen=True):
    """An organisation."""

    uid: str
    id: int
    title: str
    made_at: Moment
    attributes: dict[str, Any]


def person_shape(person: Person) -> PersonShape:
    """Shape a user as the caller may see him."""
    whole = person.verified is not None
    return PersonShape(
        uid=person.uid,
        id=person.no,
        name=person.name,
        first_name=person.first_name,
        last_name=person.last_name,
        state=person.state,
        org=person.org,
        org_role=person.org_role,
        admin=person.admin,
        external=person.external,
        made_at=moment(person.made_at),
        email=person.email if whole else UNSET,
        verified=UNSET if person.verified is None else person.verified,
        attributes=UNSET if person.attributes is None else person.attributes,
    )


def terms_shape(terms: GroupTerms) -> GroupTermsShape:
    """Shape a group's terms."""
    return GroupTermsShape(
        terms.view_only,
        terms.members_update,
        terms.org_only,
        terms.members_share,
        kind_word(terms.visible),
        terms.joining,
        terms.leaving,
        terms.hidden_members,
        terms.protected,
    )


def group_shape(group: Group) -> GroupShape:
    """Shape a group."""
    return GroupShape(
        group.uid,
        group.no,
        group.title,
        group.owner,
        group.org,
        moment(group.made_at),
        terms_shape(group.terms),
        group.level,
        group.attributes,
    )


def member_shape(member: MemberOf) -> MemberShape:
    """Shape a member."""
    return MemberShape(
        member.uid, member.no, kind_word(member.kind), member.name, member.state, member.level, moment(member.since)
    )


def org_shape(org: Org) -> OrgShape:
    """Shape an organisation."""
    return OrgShape(org.uid, org.no, org.title, moment(org.made_at), org.attributes)
