"""What one person may share, and how many addresses he may invite, in a day."""

import pytest
from tests.core.sharing.village import Village

from commonhold.core.limits import DAY, Limits
from commonhold.core.model import LINK, Share
from commonhold.core.problems import Problem


@pytest.mark.parametrize("dry_run", [False, True])
async def test_invitations_are_counted_by_the_day(dry_run: bool) -> None:
    """One address counts once in a request, whatever it gets; more than the day allows is refused, and people are not
    addresses."""
    village = await Village.found(limits=Limits(mails_per_day=2))
    items, more = (village.docs, village.file), ("a@example.org", "b@example.org")
    await village.propose(village.alice, items, more)
    shares = len(await village.rows(Share))

    with pytest.raises(Problem) as refused:
        await village.propose(village.alice, items, ("c@example.org",), dry_run=dry_run)
    await village.propose(village.alice, items, ("bob",), dry_run=dry_run)
    made = len(await village.rows(Share)) - shares
    village.clock.advance(DAY)
    await village.propose(village.alice, items, ("c@example.org",))

    assert (refused.value.code, refused.value.facts["retry_at"]) == ("daily_limit", village.clock())
    assert made == (0 if dry_run else 2)


@pytest.mark.parametrize(("mails", "recipients", "code"), [(1, 50, "daily_limit"), (200, 1, "too_many_recipients")])
async def test_a_link_is_not_mailed_to_any_number(mails: int, recipients: int, code: str) -> None:
    """Addresses that a link is mailed to count like those that are invited, and are as many as recipients at most."""
    village = await Village.found(limits=Limits(mails_per_day=mails, recipients=recipients))
    with pytest.raises(Problem) as refused:
        await village.propose(village.alice, (village.file,), (LINK,), mail_to=("a@example.org", "b@example.org"))
    assert refused.value.code == code
    assert await village.rows(Share) == []
    await village.propose(village.alice, (village.file,), (LINK,), mail_to=("a@example.org",))
