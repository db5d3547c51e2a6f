"""Secrets of links: computed, never stored, never shared by two links."""

from typing import Any

import msgspec
import pytest
from tests.core.sharing.village import Village

from commonhold.core.directory.digests import digest
from commonhold.core.model import LinkKey, Share
from commonhold.core.problems import Problem
from commonhold.core.sharing.links import handle, secret_of


async def test_only_the_digest_of_a_link_is_kept(village: Village) -> None:
    """The secret stands in no row; its digest finds the link."""
    link = await village.link()
    secret = secret_of(village.core, link)

    assert digest(secret) == (await village.build.get(LinkKey, link.no)).digest
    assert secret not in repr(await village.everything())


async def test_two_links_never_have_one_secret(village: Village) -> None:
    """Not even with the uid that a client chose twice, nor in the next generation (abuse case 31)."""
    link = await village.link()
    changed: list[dict[str, Any]] = [{"made_at": link.made_at + 1}, {"generation": 2}, {"uid": "another"}]
    handles = {handle(msgspec.structs.replace(link, **columns)) for columns in changed}

    assert len(handles - {handle(link)}) == 3


async def test_other_shares_have_no_secret(village: Village) -> None:
    """Asking for the secret of a share with a person is refused."""
    pair = await village.share(village.alice, "bob")
    with pytest.raises(Problem, match="not_for_items"):
        secret_of(village.core, await village.build.get(Share, pair.no))
