"""References as callers write them, resolved to numbers: two probes per kind of reference, however many there are.

A number found by name or uid exists. A number given as such is taken on trust: it exists if its row is read.
"""

from collections.abc import Collection, Iterable
from typing import Final

from commonhold.core.directory.addresses import address_key
from commonhold.core.identity import ItemRef, LinkRef, Named, Path, RecipientRef, RecordRef, ShareRef, VersionRef
from commonhold.core.keys import person_key
from commonhold.core.model import Item, Life, LinkKey, Principal, Profile, Share, Space
from commonhold.core.roles import ItemKind, Kind
from commonhold.store.probes import Probes

KINDS: Final = (Kind.USER, Kind.GROUP, Kind.ORG, Kind.MAIL, Kind.EVERYONE, Kind.LINK)  # in the order they are tried
UNSAID: Final = Kind.USER | Kind.GROUP | Kind.ORG | Kind.MAIL  # what a name may be that does not say its kind


def find_items(refs: Iterable[ItemRef], probes: Probes) -> dict[ItemRef, int]:
    """Resolve references to items. Paths and records name what lives; numbers and uids also what is gone."""
    found: dict[ItemRef, int] = {}
    uids, paths, records = [], [], []
    for ref in refs:
        if isinstance(ref, int):
            found[ref] = ref
        elif isinstance(ref, str):
            uids.append(ref)
        elif isinstance(ref, Path):
            paths.append(ref)
        else:
            records.append(ref)
    if uids:
        found.update(probes.numbers(set(uids)))
    if paths:
        found.update(_by_path(paths, probes))
    if records:
        found.update(_by_record(records, probes))
    return found


def _by_record(refs: Collection[RecordRef], probes: Probes) -> dict[ItemRef, int]:
    found = {}
    for row in probes.rows(Item, "ref", {ref.key for ref in refs}):
        if row.kind is ItemKind.RECORD and row.life is not Life.DELETED:
            found[RecordRef(row.collection or "", row.ref or "")] = row.no
    return {ref: found[ref] for ref in refs if ref in found}


def _by_path(paths: Collection[Path], probes: Probes) -> dict[ItemRef, int]:
    """Walk down from the owners' homes, each step once for all paths that share it."""
    names = {person_key(path.names[0]) for path in paths if path.names and path.within is None}
    homes = _homes(names, probes) if names else {}
    within = {path.within for path in paths if path.within is not None}
    tops = {row.uid: row.no for row in probes.rows(Item, "uid", within)} if within else {}
    steps: dict[tuple[int, str], int | None] = {}
    found: dict[ItemRef, int] = {}
    for path in paths:
        if path.within is not None:
            at, names_below = tops.get(path.within), path.names
        else:
            at, names_below = homes.get(person_key(path.names[0])) if path.names else None, path.names[1:]
        for name in names_below:
            if at is None:
                break
            if (at, name) not in steps:
                child = probes.child(at, name)
                steps[at, name] = child.no if child else None
            at = steps[at, name]
        if at is not None:
            found[path] = at
    return found


def _homes(names: Collection[str], probes: Probes) -> dict[str, int]:
    """Return the top folder of each owner's home: the space made for him; one that he took over begins no path."""
    owners = {row.no: row.name_key for row in probes.rows(Profile, "name_key", names) if row.kind is Kind.USER}
    spaces = {row.root: row for row in probes.rows(Space, "owner", owners)} if owners else {}
    tops = probes.rows(Item, "no", spaces) if spaces else []
    return {owners[spaces[top.no].owner]: top.no for top in tops if top.created_by == spaces[top.no].owner}


def find_recipients(refs: Collection[RecipientRef], probes: Probes) -> dict[RecipientRef, int]:
    """Resolve references to recipients: by uid first, which nobody can choose, then by name or address."""
    found: dict[RecipientRef, int] = {ref: ref for ref in refs if isinstance(ref, int)}
    named = [ref for ref in refs if isinstance(ref, Named)]
    if named:
        texts = {ref.text for ref in named}
        keys = {person_key(text) for text in texts} | {address_key(text) for text in texts}
        uids = {row.uid: row for row in probes.rows(Principal, "uid", texts)}
        names = {(row.kind, row.name_key): row.no for row in probes.rows(Profile, "name_key", keys)}
        for ref in named:
            no = _named(ref, uids, names)
            if no is not None:
                found[ref] = no
    return found


def _named(ref: Named, uids: dict[str, Principal], names: dict[tuple[Kind, str], int]) -> int | None:
    mask = UNSAID if ref.kind is None else ref.kind
    row = uids.get(ref.text)
    if row is not None and row.kind & mask:
        return row.no
    for kind in KINDS:
        if kind & mask:
            no = names.get((kind, address_key(ref.text) if kind is Kind.MAIL else person_key(ref.text)))
            if no is not None:
                return no
    return None


def find_shares(refs: Collection[ShareRef], numbers: Collection[int], probes: Probes) -> dict[ShareRef, Share]:
    """Read the live shares that references, and ``numbers`` beside them, name."""
    found: dict[ShareRef, Share] = {}
    links = {ref.digest for ref in refs if isinstance(ref, LinkRef)}
    keys = {row.no: LinkRef(row.digest) for row in probes.rows(LinkKey, "digest", links)} if links else {}
    wanted = {*numbers, *keys, *(ref for ref in refs if isinstance(ref, int))}
    if wanted:
        found.update((row.no, row) for row in probes.rows(Share, "no", wanted))
        found.update((keys[no], found[no]) for no in keys if no in found)
    uids = {ref for ref in refs if isinstance(ref, str)}
    if uids:
        found.update((row.uid, row) for row in probes.rows(Share, "uid", uids))
    versions = {ref.version for ref in refs if isinstance(ref, VersionRef)}
    if versions:
        found.update((VersionRef(row.version), row) for row in probes.rows(Share, "version", versions))
    return found
