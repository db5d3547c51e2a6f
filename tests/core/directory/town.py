"""A town for tests of the directory: a core in memory, a clock, and people made by its operator."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import pytest

from commonhold.core.changes import Set
from commonhold.core.core import Core
from commonhold.core.directory.groups import Group, NewGroup, add_group
from commonhold.core.directory.people import NewUser, Person, add_user
from commonhold.core.directory.reading import every, one
from commonhold.core.directory.standing import OPERATOR
from commonhold.core.identity import Actor, Named
from commonhold.core.limits import Limits
from commonhold.core.model import Event, GroupTerms, Outbox, Principal, Profile, Row
from commonhold.core.policy.snapshot import Look
from commonhold.core.problems import Problem
from commonhold.core.roles import Kind
from commonhold.store.memory import MemoryStore
from commonhold.testing.core import TestClock, make_core

R = TypeVar("R", bound=Row)

PASSWORD = "correct horse battery"


def user(text: str) -> Named:
    """A user by name."""
    return Named(text, Kind.USER)


def mail(text: str) -> Named:
    """A mail address."""
    return Named(text, Kind.MAIL)


def actor(person: Person) -> Actor:
    """Whoever is logged in as this person."""
    return Actor(person.no, address="192.0.2.1")


@contextmanager
def refused(code: str, **facts: Any) -> Iterator[None]:
    """Expect a problem with this code and at least these facts."""
    with pytest.raises(Problem) as caught:
        yield
    assert caught.value.code == code, caught.value
    assert facts.items() <= caught.value.facts.items(), caught.value


class Hesitant:
    """A store that lets others run before each answer, so that verbs at the same time get between one another."""

    def __init__(self, store: Any) -> None:
        """Hesitate before everything that ``store`` does."""
        self._store = store

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._store, name)

        async def hesitant(*given: Any) -> Any:
            await asyncio.sleep(0)
            return await method(*given)

        return hesitant


class Town:
    """A core and shortcuts to its people and rows."""

    def __init__(self, **limits: Any) -> None:
        """Begin with nobody."""
        self.clock = TestClock()
        self.core: Core = make_core(
            store=Hesitant(MemoryStore(self.clock())), clock=self.clock, limits=Limits(**limits)
        )

    async def user(self, name: str, **given: Any) -> Person:
        """Make a user."""
        return await add_user(self.core, OPERATOR, NewUser(name=name, **given))

    async def group(self, title: str, owner: Person, **terms: Any) -> Group:
        """Make a group of somebody."""
        return await add_group(self.core, OPERATOR, NewGroup(title=title, owner=owner.no, terms=GroupTerms(0, **terms)))

    async def is_all(self, no: int) -> frozenset[int]:
        """Everything that a principal is."""
        return (await self.core.store.look(Look(Actor(no)))).set_of(no)

    async def row(self, table: type[R], **columns: Any) -> R | None:
        """One row."""
        return await one(self.core, table, **columns)

    async def rows(self, table: type[R], **columns: Any) -> list[R]:
        """All rows with these values."""
        return await every(self.core, table, **columns)

    async def set(self, table: type[Row], no: int, **values: Any) -> None:
        """Change columns of a row."""
        await self.core.store.commit([Set(table, (no,), values)])

    async def principal(self, no: int) -> Principal:
        """The row of a principal that is there."""
        found = await self.row(Principal, no=no)
        assert found is not None
        return found

    async def mail(self, address: str) -> int | None:
        """The number of an address, if it is known."""
        found = await self.row(Profile, kind=Kind.MAIL, name_key=address)
        return found.no if found else None

    async def letters(self) -> list[tuple[str, int | None]]:
        """Kinds and recipients of the letters to be written."""
        return [(letter.kind, letter.principal) for letter in await self.rows(Outbox)]

    async def events(self) -> list[str]:
        """Kinds of what happened, in order."""
        return [event.kind for event in await self.rows(Event)]
