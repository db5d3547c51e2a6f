"""Password hashing by argon2id."""

import pytest

from commonhold.keys.passwords import LONGEST, Argon2Passwords


@pytest.fixture(scope="module")
def passwords() -> Argon2Passwords:
    """The hasher as it is used."""
    return Argon2Passwords()


async def test_a_hash_fits_its_password_alone(passwords: Argon2Passwords) -> None:
    """The password fits, another one does not, and no two hashes are the same."""
    one, two = await passwords.hash("correct"), await passwords.hash("correct")

    assert one != two
    assert await passwords.verify(one, "correct")
    assert not await passwords.verify(one, "wrong")


async def test_parameters(passwords: Argon2Passwords) -> None:
    """Hashes are argon2id with 19 MiB, two passes and one lane, and say so."""
    assert (await passwords.hash("x")).startswith("$argon2id$v=19$m=19456,t=2,p=1$")


async def test_nobody_has_no_password(passwords: Argon2Passwords) -> None:
    """Without a hash, or with one that is none, nothing fits; it is no error."""
    for hashed in (None, "", "quick:1", "$argon2id$broken"):
        for password in ("", "x"):
            assert not await passwords.verify(hashed, password)


class Watched(Argon2Passwords):
    """Notes the hashes that are computed."""

    def _verify(self, hashed: str, data: bytes) -> bool:
        self.worked = hashed
        return super()._verify(hashed, data)


async def test_without_a_hash_the_same_work_is_done() -> None:
    """For an unknown name a whole hash with the same parameters is computed too."""
    watched = Watched()
    await watched.verify(None, "x")

    assert watched.worked.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


async def test_keyboards_send_letters_differently(passwords: Argon2Passwords) -> None:
    """A letter fits whether it comes composed or in parts; half a surrogate pair is a password like others."""
    assert await passwords.verify(await passwords.hash("p\u00e4ss"), "pa\u0308ss")
    assert await passwords.verify(await passwords.hash("\ud800"), "\ud800")


async def test_nobody_makes_us_hash_megabytes(passwords: Argon2Passwords) -> None:
    """A password beyond the bound fits nothing, not even one with the same beginning, and none is hashed."""
    longest = await passwords.hash("x" * LONGEST)
    assert await passwords.verify(longest, "x" * LONGEST)
    assert not await passwords.verify(longest, "x" * (LONGEST + 1))
    with pytest.raises(ValueError, match="too long"):
        await passwords.hash("x" * (LONGEST + 1))
