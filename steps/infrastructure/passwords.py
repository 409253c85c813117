"""Passwords are kept as argon2id hashes and compared in constant time."""

from typing import Final

from anyio import to_thread
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

MEMORY_KIB: Final = 19 * 1024
TIME_COST: Final = 2
PARALLELISM: Final = 1
"""OWASP's minimum for argon2id (Password Storage Cheat Sheet): 19 MiB, two passes, one thread."""

DECOY_HASH: Final = (
    "$argon2id$v=19$m=19456,t=2,p=1$JaBTIAkfLrrOdSvOVUQqfA"
    "$LwrskZhFEzO+/ENr7qjxdXWxQMX7G4S7x3xf4d3qZNQ"
)
"""The hash of a random password that nobody knows, made with the parameters above."""


class PasswordHasher:
    """Holds no state that changes, so one may be shared or made as often as you like."""

    def __init__(self) -> None:
        self._hasher = PasswordHash((Argon2Hasher(TIME_COST, MEMORY_KIB, PARALLELISM),))

    def hash(self, password: str) -> str:
        """Return the hash to keep, with its salt and parameters inside."""
        return self._hasher.hash(password)

    def verify(self, password: str, password_hash: str | None) -> bool:
        """Tell whether the password has this hash. `None`, an unknown user, takes as long."""
        matches = self._hasher.verify(password, password_hash or DECOY_HASH)
        return matches and password_hash is not None


class AsyncPasswordHasher:
    """The same in a worker thread: on the event loop, everybody would wait for one password."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher()

    async def hash(self, password: str) -> str:
        return await to_thread.run_sync(self._hasher.hash, password)

    async def verify(self, password: str, password_hash: str | None) -> bool:
        return await to_thread.run_sync(self._hasher.verify, password, password_hash)
