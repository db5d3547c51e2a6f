"""A link to a record shows the row as a card: what its sharer sees of it, and nothing else."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.faces.web.reading import read
from tests.faces.web.site import Site

from commonhold.core.identity import RecordRef
from commonhold.core.model import LINK, Item, Reach, Share
from commonhold.core.policy.require import machine
from commonhold.core.ports import Rows, Where
from commonhold.core.records.catalog import Collection, Field, Relation
from commonhold.core.records.catalogs import add_collection
from commonhold.core.records.kinds import Kind
from commonhold.core.records.rows import delete_rows, insert_rows, update_rows
from commonhold.core.records.ruling import NewRule, add_rule
from commonhold.core.roles import Action
from commonhold.core.sharing.links import secret_of
from commonhold.core.sharing.proposal import Asked, Proposal
from commonhold.core.sharing.propose import propose
from commonhold.store.sqlite.store import SqliteStore
from commonhold.testing.core import TestClock, make_core

NOTES = Collection("notes", "id", (Field("id", Kind.INTEGER), Field("text"), Field("done", Kind.BOOLEAN), Field("pin")))
SHARER = Action.READ | Action.DOWNLOAD | Action.COMMENT | Action.SHARE


@pytest.fixture
async def site(empty_database: Path, tmp_path: Path) -> AsyncIterator[Site]:
    """A site with notes, of which alice sees and shares all but the pin."""
    clock = TestClock()
    store = SqliteStore(Path(shutil.copy(empty_database, tmp_path / "site.db")), clock=clock)
    found = await Site.found(make_core(store=store, clock=clock))
    await add_collection(found.core, found.root, NOTES)
    await insert_rows(found.core, found.root, "notes", [{"text": "<b>buy</b> milk", "done": False, "pin": "4711"}])
    await insert_rows(found.core, found.root, "notes", [{"text": "other"}])
    new = NewRule(found.alice.user or 0, "notes", SHARER, fields=("id", "text", "done"))
    await add_rule(found.core, found.root, new)
    yield found
    await store.close()


async def link(site: Site, key: str) -> str:
    """Share a note as alice by a link, and return the path of its page."""
    report = await propose(site.core, site.alice, Proposal((Asked(RecordRef("notes", key)),), (LINK,)))
    shares: list[Share] = await site.core.store.rows(machine(), Rows(Share))
    (share,) = [one for one in shares if one.no == report.pairs[0].no]
    return f"/s/{secret_of(site.core, share)}"


async def test_a_card(site: Site) -> None:
    """The page shows the fields that the sharer sees, as text, whatever is written in them; it follows the row."""
    path = await link(site, "1")
    text = (await site.visitor().get(path)).text

    assert "&lt;b&gt;buy&lt;/b&gt; milk" in text
    assert "<dt>done</dt>" in text
    assert "4711" not in text
    assert "other" not in text
    await update_rows(site.core, site.root, "notes", [1], {"text": "buy bread"})
    assert "buy bread" in (await site.visitor().get(path)).text


async def test_a_card_with_what_is_linked(site: Site) -> None:
    """A link that follows relations shows the rows that are linked with its row, under the name of the relation."""
    answers = Collection(
        "answers",
        "id",
        (Field("id", Kind.INTEGER), Field("words"), Field("note", Kind.INTEGER)),
        (Relation("answers", "note", ("notes",), reverse="answers"),),
    )
    await add_collection(site.core, site.root, answers)
    await insert_rows(
        site.core, site.root, "answers", [{"words": "<i>done</i>", "note": 1}, {"words": "no", "note": 2}]
    )
    report = await propose(
        site.core, site.root, Proposal((Asked(RecordRef("notes", "1")),), (LINK,), reach=Reach.RELATIONS)
    )
    (share,) = await site.core.store.rows(machine(), Rows(Share, (Where("no", "eq", report.pairs[0].no),)))
    page = read(await site.visitor().get(f"/s/{secret_of(site.core, share)}"))

    assert "answers" in page.texts
    assert "<i>done</i>" in page.text
    assert "no" not in page.texts[page.texts.index("answers") :]


async def test_a_row_that_is_gone(site: Site) -> None:
    """The link of a deleted row leads nowhere."""
    path = await link(site, "1")
    await delete_rows(site.core, site.root, "notes", [1])

    assert (await site.visitor().get(path)).status_code == 404


async def test_people(site: Site) -> None:
    """Whoever a row is shared with finds it among what is shared with him, and sees the same card."""
    await propose(site.core, site.alice, Proposal((Asked(RecordRef("notes", "2")),), (site.bob.user or 0,)))
    bob = site.visitor()
    await bob.sign_in("bob")
    uid = next(item.uid for item in await site.core.store.rows(machine(), _records()))

    assert "other" in (await bob.get(f"/app/items/{uid}")).text


def _records() -> Rows:
    return Rows(Item, (Where("ref", "eq", "2"),))
