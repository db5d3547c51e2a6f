"""Scenes: people and places made for one case each, in the middle of everything else."""

from collections.abc import Iterator
from typing import Final

from bench.population import NOW, PASS_ON, Place, Population
from bench.town import Town
from commonhold.core.directory.digests import digest
from commonhold.core.model import LINK, Credential, CredentialKind, ItemKind, LinkKey, Use
from commonhold.core.roles import Kind, Role

CHAINS: Final = {8: 400, 32: 150}  # depth → paths of that depth
RESHARES: Final = 10_000
CROWD: Final = 100_000
CLUB_SHARES: Final = 40_000
READERS: Final = 500
SHARERS: Final = 128
LINKS: Final = 2_000


class Scenes:
    """Makes the scenes of a population."""

    def __init__(self, people: Population) -> None:
        """Begin with nothing but the population."""
        self.people = people
        self.bulk = people.bulk
        self.random = people.random
        self.sharing: set[int] = set()  # nobody shares with himself

    def pick(self, count: int) -> list[int]:
        """Return different users."""
        return self.random.sample(self.people.users, count)

    def token(self, user: int) -> str:
        """Give a user a personal token."""
        no, secret = self.bulk.no(), f"bench-{self.bulk.uid()}"
        self.bulk.put(Credential(no, self.bulk.uid(), digest(secret), CredentialKind.TOKEN, user, made_at=NOW))
        return secret

    def path(self, depth: int) -> Iterator[tuple[int, int]]:
        """Make a path of folders with a file at its end, shared near the top and twice passed on below."""
        people, (owner, one, two) = self.people, self.pick(3)
        places = [people.homes[owner]]
        while len(places) < depth:
            places.append(people.item(places[-1], ItemKind.FOLDER))
        leaf = people.item(places[-1])
        group = self.random.choice([group for group in people.groups[-200:] if people.members[group]])
        member = self.random.choice(people.members[group])
        top = people.share(places[1], group, Kind.GROUP, role=Role.EDITOR, mask=PASS_ON)
        below = {"role": Role.EDITOR, "mask": PASS_ON}
        first = people.share(
            places[depth // 2], one, Kind.USER, stands_on=member, made_by=member, hangs_on=top, **below
        )
        people.share(places[-1], two, Kind.USER, stands_on=one, made_by=one, hangs_on=first, **below)
        for place in self.random.sample(places, 4):
            for other in self.pick(2):
                if other not in (one, two, owner):
                    people.share(place, other, Kind.USER)
        yield from ((member, leaf.no), (one, leaf.no), (two, leaf.no))

    def reshares(self, owner: int) -> tuple[Place, Place, Place, int]:
        """Make a folder with thousands of items, each passed on by somebody with whom the folder is shared."""
        people, other = self.people, self.pick(2)[0]
        here, there = (people.item(people.homes[owner], ItemKind.FOLDER) for _ in range(2))
        wide = people.item(here, ItemKind.FOLDER)
        top = people.share(wide, other, Kind.USER, role=Role.CONTRIBUTOR, mask=PASS_ON)
        left = min(RESHARES, people.wanted["items"] // 4)
        while left > 0:
            folder = people.item(wide, ItemKind.FOLDER)
            for _ in range(100):
                to = self.random.choice(people.users)
                people.share(people.item(folder), to, Kind.USER, stands_on=other, made_by=other, hangs_on=top)
                left -= 1
        return wide, here, there, top

    def busy(self, owner: int) -> tuple[int, int]:
        """Make an item with ten thousand shares, all but one passed on, and one with two."""
        people, (middle, other) = self.people, self.pick(2)
        item, quiet = (people.item(people.homes[owner]) for _ in range(2))
        top = people.share(item, middle, Kind.USER, role=Role.CONTRIBUTOR, mask=PASS_ON)
        for to in self.pick(min(RESHARES, len(people.users) // 2)):
            if to not in (middle, owner):
                people.share(item, to, Kind.USER, stands_on=middle, made_by=middle, hangs_on=top)
        for to in (middle, other):
            people.share(quiet, to, Kind.USER)
        return item.no, quiet.no

    def crowd(self, owner: int) -> tuple[int, int]:
        """Make a group of half of all people, and one that is nested in two more."""
        people = self.people
        names = ("crowd", "club", "tower", "sky")
        crowd, club, tower, sky = (people.principal(Kind.GROUP, name, owner=owner) for name in names)
        for user in people.users[: min(CROWD, len(people.users) // 2)]:
            people.join(crowd, user)
        self.bulk.close_groups([(one, one) for one in (crowd, club, tower, sky)])
        self.bulk.close_groups([(club, tower), (club, sky), (tower, sky)])
        return crowd, club

    def popular(self) -> int:
        """Share thousands of items with one group, and return somebody in it."""
        people, group = self.people, self.people.principal(Kind.GROUP, "popular")
        self.bulk.close_groups([(group, group)])
        user = self.pick(1)[0]
        people.join(group, user)
        for place in self.random.sample(people.items, min(CLUB_SHARES, len(people.items) // 2)):
            people.share(place, group, Kind.GROUP)
        return user

    def reader(self) -> tuple[str, str]:
        """Share an item with somebody who has a token."""
        place, user = self.random.choice(self.people.items), self.pick(1)[0]
        self.people.share(place, user, Kind.USER, role=Role.EDITOR)
        return self.token(user), place.uid

    def sharer(self) -> tuple[str, list[str]]:
        """Give somebody with a token some items of his own."""
        user = self.pick(1)[0]
        self.sharing.add(user)
        folder = self.people.item(self.people.homes[user], ItemKind.FOLDER)
        return self.token(user), [self.people.item(folder).uid for _ in range(64)]

    def link(self) -> str:
        """Make a link to some item; its secret is our own, as it is found by its digest alone."""
        share = self.people.share(self.random.choice(self.people.items), LINK, Kind.LINK)
        secret = f"link{self.bulk.uid()}"
        self.bulk.put(LinkKey(share, digest(secret)))
        self.bulk.put(Use(share, 1, NOW))
        return secret

    def stack(self, owner: int) -> list[int]:
        """Make fifty items in one folder."""
        folder = self.people.item(self.people.homes[owner], ItemKind.FOLDER)
        return [self.people.item(folder).no for _ in range(50)]


def furnish(people: Population) -> Town:
    """Make all scenes, and fill up the shares that are wanted still."""
    made = Scenes(people)
    owner = made.pick(1)[0]
    deep = {str(depth): [pair for _ in range(count) for pair in made.path(depth)] for depth, count in CHAINS.items()}
    wide, here, there, top = made.reshares(owner)
    busy, quiet = made.busy(owner)
    crowd, club = made.crowd(owner)
    uploader = made.pick(1)[0]
    sharers = [made.sharer() for _ in range(SHARERS)]
    others = [at for at, user in enumerate(people.users) if user not in made.sharing]
    return Town(
        deep=deep,
        owner=owner,
        wide=wide.no,
        here=here.no,
        there=there.no,
        passed_on=top,
        busy=busy,
        quiet=quiet,
        stack=made.stack(owner),
        ten=[user for user in made.pick(11) if user != owner][:10],
        crowd=crowd,
        club=club,
        popular=made.popular(),
        readers=[made.reader() for _ in range(READERS)],
        sharers=sharers,
        names=[f"user{at}" for at in made.random.sample(others, 200)],
        links=[made.link() for _ in range(LINKS)],
        uploader=(made.token(uploader), people.homes[uploader].uid),
        counts={**people.wanted, "shares": people.shares},
    )
