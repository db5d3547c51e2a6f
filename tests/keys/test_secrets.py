"""Random secrets, and links' secrets computed with the key."""

import uuid

from hypothesis import given
from hypothesis import strategies as st

from commonhold.keys.secrets import SIGNS, InstanceSecrets, base62

KEY = bytes(range(32))


def test_random_ones() -> None:
    """Tokens and uids never come twice; tokens have at least 43 signs that are safe in URLs."""
    secrets = InstanceSecrets(KEY)
    tokens = {secrets.token() for _ in range(100)}

    assert 100 == len(tokens) == len({secrets.uid() for _ in range(100)})
    assert all(len(token) >= 43 and token.replace("-", "a").replace("_", "a").isalnum() for token in tokens)
    assert uuid.UUID(secrets.uid()).version == 4


@given(st.text(), st.text())
def test_links(one: str, two: str) -> None:
    """A link's secret is the same each time, 27 letters and digits, another one for another link or key."""
    secrets, others = InstanceSecrets(KEY), InstanceSecrets(KEY[::-1])
    secret = secrets.link(one)

    assert secret == InstanceSecrets(KEY).link(one)
    assert len(secret) == 27
    assert set(secret) <= set(SIGNS)
    assert (secret == secrets.link(two)) == (one == two)
    assert secret != others.link(one)


@given(st.binary(max_size=20))
def test_base62_keeps_every_bit(data: bytes) -> None:
    """Law: the number can be read back, whatever its length."""
    number = 0
    for sign in base62(data, 27):
        number = number * 62 + SIGNS.index(sign)
    assert int.from_bytes(data, "big") == number


def test_the_key_is_not_shown() -> None:
    """Whoever prints the secrets learns nothing."""
    assert KEY.hex() not in repr(InstanceSecrets(KEY))
    assert repr(KEY) not in repr(InstanceSecrets(KEY))
