"""Bringing blobs back into a bucket under the keys that they had: for backups alone, and without an event loop."""

import contextlib
import hashlib
from collections.abc import Collection
from pathlib import Path

import obstore

from commonhold.blobs.cloud import LISTED_AT_ONCE, PART, PARTS_AT_ONCE, CloudBlobs, told_as_problems
from commonhold.blobs.intake import CHUNK
from commonhold.core.problems import Problem


class BucketPlace:
    """A bucket as ``moving.restore`` uses one."""

    def __init__(self, blobs: CloudBlobs) -> None:
        """Bring blobs back into the bucket of ``blobs``."""
        self._blobs = blobs

    def occupied(self) -> str | None:
        """Return an object that is there already, below the prefix.

        :raises Problem: unavailable
        """
        with told_as_problems():
            for page in obstore.list(self._blobs.store, self._blobs.prefix or None, chunk_size=1):
                for one in page:
                    return str(one["path"])
        return None

    def take(self, key: str, file: Path) -> None:
        """Put what a file holds under a key, durably.

        :raises Problem: unavailable
        """
        with told_as_problems():
            obstore.put(
                self._blobs.store, self._blobs.path_of(key), file, chunk_size=PART, max_concurrency=PARTS_AT_ONCE
            )

    def digest(self, key: str) -> str:
        """Return the sha256 of what is under a key; empty if there is nothing.

        :raises Problem: unavailable
        """
        digest = hashlib.sha256(usedforsecurity=False)
        try:
            with told_as_problems():
                for chunk in obstore.get(self._blobs.store, self._blobs.path_of(key)).stream(min_chunk_size=CHUNK):
                    digest.update(chunk)
        except Problem as problem:
            if problem.code == "not_found":
                return ""
            raise
        return digest.hexdigest()

    def remove(self, keys: Collection[str]) -> None:
        """Take away what was brought, as far as the bucket lets us: what stays has no row, and is collected later."""
        paths = [self._blobs.path_of(key) for key in keys]
        with contextlib.suppress(Problem):
            for at in range(0, len(paths), LISTED_AT_ONCE):
                with told_as_problems():
                    obstore.delete(self._blobs.store, paths[at : at + LISTED_AT_ONCE])
