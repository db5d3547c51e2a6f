"""Collections made and changed by administrators: the catalogue, the tables and what was shared, in one commit."""

from collections.abc import Callable, Iterator, Sequence

from commonhold.core.changes import Change, Drop, DropWhere, PeopleAt, Put, Set
from commonhold.core.core import Core, Placeholders, attempt, happened, judge
from commonhold.core.identity import Actor
from commonhold.core.model import Collection as CollectionRow
from commonhold.core.model import Rule as RuleRow
from commonhold.core.policy.require import allow_administration
from commonhold.core.policy.snapshot import Look
from commonhold.core.records import changes as steps
from commonhold.core.records.authority import records_of
from commonhold.core.records.catalog import Catalog, Collection, Field, Relation, encode_collection
from commonhold.core.records.writes import Reshape


async def add_collection(core: Core, actor: Actor, collection: Collection) -> Catalog:
    """Make a collection with its fields and return the next catalogue; its relations are added with it.

    :raises Problem: forbidden unless the actor administers the installation; those of ``records.changes``
    """

    def made(catalog: Catalog) -> Catalog:
        catalog = steps.with_collection(catalog, collection)
        for relation in collection.relations:
            catalog = steps.with_relation(catalog, relation)
        return catalog

    return await change_catalog(core, actor, made, "collection.made")


async def adopt_collections(core: Core, actor: Actor, several: Sequence[Collection]) -> Catalog:
    """Take in tables that are there already, with their relations, in one commit; nothing of them is changed.

    :raises Problem: forbidden unless the actor administers the installation; those of ``records.changes``
    """

    def made(catalog: Catalog) -> Catalog:
        for collection in several:
            catalog = steps.with_collection(catalog, collection)
        for relation in (relation for collection in several for relation in collection.relations):
            catalog = steps.with_relation(catalog, relation)
        return catalog

    return await change_catalog(core, actor, made, "collection.made")


async def drop_collection(core: Core, actor: Actor, name: str) -> Catalog:
    """Drop a collection with its rows, the rules on it, and whatever was shared of it.

    :raises Problem: forbidden, unknown_collection
    """
    return await change_catalog(
        core, actor, lambda catalog: steps.without_collection(catalog, name), "collection.dropped"
    )


async def add_field(core: Core, actor: Actor, collection: str, field: Field) -> Catalog:
    """Add a field; the rows that are there get its default.

    :raises Problem: forbidden, unknown_collection, bad_name, name_taken, missing_field
    """
    return await change_catalog(
        core, actor, lambda catalog: steps.with_field(catalog, collection, field), "collection.changed"
    )


async def drop_field(core: Core, actor: Actor, collection: str, name: str) -> Catalog:
    """Drop a field with what stands in it, and the relation of which it is a part.

    :raises Problem: forbidden, unknown_collection, unknown_column, invalid_field
    """
    return await change_catalog(
        core, actor, lambda catalog: steps.without_field(catalog, collection, name), "collection.changed"
    )


async def add_relation(core: Core, actor: Actor, relation: Relation) -> Catalog:
    """Let a field refer to rows of another collection.

    :raises Problem: forbidden, unknown_collection, unknown_column, name_taken, invalid_field
    """
    return await change_catalog(
        core, actor, lambda catalog: steps.with_relation(catalog, relation), "collection.changed"
    )


async def drop_relation(core: Core, actor: Actor, collection: str, field: str) -> Catalog:
    """Take a relation away; its field stays.

    :raises Problem: forbidden, unknown_collection, unknown_column
    """
    return await change_catalog(
        core, actor, lambda catalog: steps.without_relation(catalog, collection, field), "collection.changed"
    )


async def change_catalog(core: Core, actor: Actor, step: Callable[[Catalog], Catalog], event: str) -> Catalog:
    """Change the catalogue as an administrator, by a pure step; rows, tables and catalogue are one commit.

    :raises Problem: forbidden, unauthenticated, not_found where no collections are kept; those of the step
    """
    records = records_of(core)

    async def once() -> Catalog:
        judged = await judge(core, Look(actor))
        allow_administration(judged, actor)
        before = await records.catalog()
        after = step(before)
        changes = [Reshape(before, after), *_rows(before, after, judged.now)]
        changes.append(happened(Placeholders()(), judged.now, actor, event))
        await core.store.commit(changes, [PeopleAt(judged.snapshot.people_at)])
        return after

    return await attempt(once)


def _rows(before: Catalog, after: Catalog, now: int) -> Iterator[Change]:
    """Yield what differs between two catalogues, as rows; with a collection go the rules on it."""
    for one in after:
        if one.name not in before:
            yield Put(CollectionRow(one.name, encode_collection(one), None, now))
        elif (text := encode_collection(one)) != encode_collection(before.collection(one.name)):
            yield Set(CollectionRow, (one.name,), {"definition": text})
    for one in before:
        if one.name not in after:
            yield Drop(CollectionRow, (one.name,))
            yield DropWhere(RuleRow, "collection", one.name)
