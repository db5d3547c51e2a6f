"""A secret sealed by a passphrase: argon2id makes the key, AES-256-GCM seals, and what stands beside is proved by it.

Costs are fixed by the form, never read from what is opened: a sealed text cannot ask for all memory.
"""

import os
from typing import Final

from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

SALT: Final = 16
NONCE: Final = 12
MEMORY_KIB: Final = 65_536
ROUNDS: Final = 3


class WrongPassphrase(Exception):
    """What was sealed does not open: the passphrase is another one, or what stands beside was changed."""


def seal(secret: bytes, passphrase: str, beside: bytes) -> bytes:
    """Seal a secret together with what stands beside it; returns salt, nonce and what is sealed."""
    salt, nonce = os.urandom(SALT), os.urandom(NONCE)
    return salt + nonce + AESGCM(_key(passphrase, salt)).encrypt(nonce, secret, beside)


def unseal(sealed: bytes, passphrase: str, beside: bytes) -> bytes:
    """Return the secret.

    :raises WrongPassphrase: it does not open
    """
    salt, nonce, rest = sealed[:SALT], sealed[SALT : SALT + NONCE], sealed[SALT + NONCE :]
    if len(rest) < 16:  # the tag of an empty secret
        raise WrongPassphrase
    try:
        return AESGCM(_key(passphrase, salt)).decrypt(nonce, rest, beside)
    except InvalidTag:
        raise WrongPassphrase from None


def _key(passphrase: str, salt: bytes) -> bytes:
    return hash_secret_raw(passphrase.encode(), salt, ROUNDS, MEMORY_KIB, 1, 32, Type.ID)
