"""When a stream asks the policy again, and how it is cut."""

from collections.abc import AsyncIterator

import pytest

from commonhold.core.problems import Problem
from commonhold.http.streams import ASK_EVERY_BYTES, ASK_EVERY_SECONDS, StreamCut, Watch, closing, cutting, watched

MIB = 1 << 20


class Policy:
    """Says yes so many times, and counts how often it was asked."""

    def __init__(self, yes: int = 1 << 30) -> None:
        self.asked = 0
        self.yes = yes

    async def again(self) -> None:
        self.asked += 1
        if self.asked > self.yes:
            raise Problem("link_ended")


async def chunks(count: int, size: int = MIB) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield bytes(size)


async def test_not_asked_for_little() -> None:
    """A stream of 16 MiB is covered by the decision it began with."""
    policy = Policy()

    sent = [chunk async for chunk in watched(bytes(MIB), chunks(15), Watch(policy.again))]

    assert sum(map(len, sent)) == ASK_EVERY_BYTES
    assert policy.asked == 0


async def test_asked_every_16_mib() -> None:
    """The policy is asked again before each further 16 MiB."""
    policy = Policy()

    async for _ in watched(b"", chunks(64), Watch(policy.again)):
        pass

    assert policy.asked == 3


async def test_asked_every_30_seconds() -> None:
    """A slow stream asks by the clock: before the first chunk after 30 seconds."""
    policy, now = Policy(), 100.0
    watch = Watch(policy.again, clock=lambda: now)

    await watch.before(1)
    now += ASK_EVERY_SECONDS - 1
    await watch.before(1)
    early = policy.asked
    now += 1
    await watch.before(1)
    await watch.before(1)

    assert (early, policy.asked) == (0, 1)


async def test_cut_by_the_policy() -> None:
    """At the first no, not one byte more is sent; the reason is kept for the log."""
    policy, sent = Policy(yes=1), []

    async def send() -> None:
        async for chunk in watched(b"", chunks(64), Watch(policy.again)):
            sent.append(len(chunk))

    with pytest.raises(StreamCut) as raised:
        await send()

    assert sum(sent) == 2 * ASK_EVERY_BYTES
    assert raised.value.code == "link_ended"


async def test_cut_by_the_source() -> None:
    """Bytes that cannot be read any more cut the stream: it must not look complete."""

    async def failing() -> AsyncIterator[bytes]:
        yield b"1"
        raise Problem("unavailable")

    with pytest.raises(StreamCut, match="unavailable"):
        async for _ in watched(b"0", failing(), Watch(Policy().again)):
            pass


async def test_sources_are_closed() -> None:
    """A stream that is left in the middle closes its source at once."""
    closed = []

    async def source() -> AsyncIterator[bytes]:
        try:
            yield b"1"
            yield b"2"
        finally:
            closed.append(True)

    async with closing(watched(b"0", source(), Watch(Policy().again))) as stream:
        await anext(stream)
        await anext(stream)

    assert closed == [True]


async def test_other_iterators_are_left_alone() -> None:
    """What cannot be closed needs no closing."""
    async with closing(object()) as same:
        assert same is not None


def test_other_errors_pass() -> None:
    """Only problems are turned into a cut; a mistake of ours stays what it is."""
    with pytest.raises(KeyError), cutting():
        raise KeyError
