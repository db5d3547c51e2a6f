"""What the demonstration consists of, as data."""

from typing import Any, Final

import msgspec

from commonhold.cli.demo.pictures import pdf, png

PASSWORD: Final = "try-it-out"  # noqa: S105 - everybody's here, and printed
SESAME: Final = "open sesame"
SCHOOL: Final = "Riverside School"


class Resident(msgspec.Struct, frozen=True):
    """Somebody of the town."""

    name: str
    first: str
    last: str
    said: str
    more: dict[str, Any] = {}


class Given(msgspec.Struct, frozen=True):
    """A share: whose item, with whom, in which role, under which terms, and what it is there to show."""

    by: str
    item: str
    to: Any
    said: str
    role: str = "viewer"
    terms: dict[str, Any] = {}
    end: bool = False  # withdrawn again at once


PEOPLE: Final = (
    Resident("alice", "Alice", "Archer", "administers the installation", {"admin": True}),
    Resident("bob", "Bob", "Baker", "is in the team"),
    Resident("carol", "Carol", "Cole", "is in the team, and collects files"),
    Resident("dave", "Dave", "Dunn", "is in sales"),
    Resident("erin", "Erin", "Evans", f"administers {SCHOOL}", {"org": SCHOOL, "org_role": "administrator"}),
    Resident("frank", "Frank", "Fox", "is a guest from outside", {"external": True}),
)

GROUPS: Final = (
    ("Team", "alice", ("bob", "carol")),
    ("Sales", "alice", ("dave",)),
    ("Company", "alice", ("Team", "Sales")),
)
"""Title, owner and members; Company holds the other two."""

PLAN: Final = """# The garden behind the house

1. Three beds, sun from the south.
2. Tomatoes and beans first; herbs along the path.
3. Water from the roof: two barrels.
"""
BUDGET: Final = "what,how many,each\nSoil,12,6.50\nTomato plants,9,2.20\nBarrel,2,58.00\n"
REPORT: Final = ("The garden: first season", "", "Harvest: 41 kg of tomatoes, 12 kg of beans.", "Next: a fourth bed.")

FILES: Final[dict[str, bytes]] = {
    "/alice/Welcome.md": b"# Welcome\n\nEverybody can read this, with an account or without.\n",
    "/alice/Garden/plan.md": PLAN.encode(),
    "/alice/Garden/budget.csv": BUDGET.encode(),
    "/alice/Garden/beds.png": png(),
    "/alice/Garden/Reports/season-1.pdf": pdf(REPORT),
    "/alice/Garden/Private/surprise.txt": b"Bob's birthday is on the 9th. He must not see this.\n",
    "/bob/Recipes/tomato-soup.txt": b"Tomatoes, onion, a little sugar, time.\n",
    "/carol/Inbox/read-me-first.txt": b"Whoever has the link can put files here, and see none.\n",
    "/erin/Timetable.txt": b"Monday: botany. Tuesday: arithmetic.\n",
}

APP: Final = ("alice", "Wiki", "https://wiki.example.org/")
CLOSED: Final = "/alice/Garden/Private"  # shares from above end at its door

TABLE: Final[dict[str, Any]] = {
    "name": "plants",
    "key": "id",
    "fields": [
        {"name": "id", "type": "integer", "nullable": False},
        {"name": "name", "type": "string", "nullable": False},
        {"name": "bed", "type": "integer"},
        {"name": "count", "type": "integer"},
        {"name": "for_sale", "type": "boolean"},
        {"name": "notes", "type": "text"},
    ],
}
ROWS: Final = (
    {"id": 1, "name": "Tomato", "bed": 1, "count": 9, "for_sale": True, "notes": "Tie them up in June."},
    {"id": 2, "name": "Bean", "bed": 1, "count": 24, "for_sale": True, "notes": "From our own seeds."},
    {"id": 3, "name": "Sage", "bed": 2, "count": 4, "for_sale": False, "notes": "For the kitchen."},
    {"id": 4, "name": "Dahlia", "bed": 3, "count": 12, "for_sale": False, "notes": "For the 9th, a surprise."},
)
RULES: Final[tuple[dict[str, Any], ...]] = (
    {"holder": {"kind": "group", "name": "Team"}, "collection": "plants", "actions": ["read", "create", "write"]},
    {
        "holder": {"kind": "group", "name": "Sales"},
        "collection": "plants",
        "actions": ["read"],
        "filter": {"field": "for_sale", "op": "eq", "value": True},
        "fields": ["id", "name", "count"],
    },
)
"""The team reads and writes the table; sales reads what is for sale, and three fields of it."""
ROW: Final = "plants/1"  # a row, as shares below name it

_LINK: Final = {"kind": "link"}
_PASSED_ON: Final = {"pass_on_to": ["user"], "note": "Could you look over this? Pass it on if it helps."}

SHARES: Final = (
    Given("alice", "/alice/Garden/plan.md", "bob", "with a user, who may pass it on", "editor", _PASSED_ON),
    Given("bob", "/alice/Garden/plan.md", "dave", "passed on: it lives and dies with bob's"),
    Given("alice", "/alice/Garden", {"kind": "group", "name": "Company"}, "with a group that holds groups"),
    Given("erin", "/erin/Timetable.txt", {"kind": "org", "name": SCHOOL}, "with an organisation"),
    Given("alice", "/alice/Welcome.md", {"kind": "everyone"}, "with everyone, also without an account"),
    Given("alice", "/alice/Wiki", {"kind": "group", "name": "Team"}, "an application, with a group"),
    Given("alice", ROW, "frank", "one row of a table, with somebody for whom no rule opens it"),
    Given("bob", "/bob/Recipes", "frank", "with a guest, who may look but not download", "previewer"),
    Given("bob", "/bob/Recipes", "newcomer@example.org", "with an address that has no account yet"),
    Given("alice", "/alice/Garden/beds.png", _LINK, "a link"),
    Given("alice", "/alice/Garden/budget.csv", _LINK, f"a link with a password: {SESAME}", terms={"password": SESAME}),
    Given(
        "alice",
        "/alice/Garden/Reports/season-1.pdf",
        _LINK,
        "a link for three openings, for a week",
        terms={"max_uses": 3, "life": "7d", "note": "The report, as promised."},
    ),
    Given("carol", "/carol/Inbox", _LINK, "a link for uploads only", "uploader"),
    Given("alice", "/alice/Garden/plan.md", _LINK, "a link whose time is over", terms={"life": "1s"}),
    Given("bob", "/bob/Recipes/tomato-soup.txt", "dave", "given, and withdrawn again", end=True),
)
