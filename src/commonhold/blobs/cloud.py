"""Bytes in a bucket: S3 and whatever speaks it, by obstore. An object is a blob: ``{prefix}a/b/ab…``.

A bucket shows an object once all of it is there, durably, and never before: what is small goes in one conditional
request, the rest in parts while it comes in. Parts of an upload that broke are ended by us; those of a process that was
killed by a rule of the bucket (``docs/how-to/s3.md``).
"""

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator, Collection, Iterator
from datetime import timedelta
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import obstore
from obstore import exceptions
from obstore.store import ObjectStore, S3Store

from commonhold.blobs.intake import CHUNK, KEY, Meter, checked, new_key
from commonhold.core.blobs import ORPHAN_AGE_MS, Blob, Known
from commonhold.core.policy.allowed import Allowed
from commonhold.core.problems import Problem

PART: Final = 8 << 20
"""Bytes of a part: what is smaller goes whole. 10,000 parts, the most that S3 takes, are 80 GB."""

PARTS_AT_ONCE: Final = 3
"""Parts of one upload in memory and on the way."""

LISTED_AT_ONCE: Final = 1_000
TIMEOUT: Final = timedelta(seconds=30)
TRIED_FOR: Final = timedelta(seconds=20)
OPTIONS: Final = frozenset({"region", "endpoint", "path_style"})


class CloudBlobs:
    """Keeps each blob as one object of a bucket; any number of hosts may share it."""

    def __init__(self, store: ObjectStore, prefix: str = "") -> None:
        """Keep blobs in ``store``, below ``prefix`` (``""`` or a path that ends with a slash)."""
        self.store = store
        self.prefix = prefix

    async def receive(self, chunks: AsyncIterator[bytes], *, limit: int, space: int | None = None) -> Blob:
        """See the port."""
        key, intake = new_key(), _Intake(chunks, Meter(limit, space))
        parts = intake.parts()
        try:
            first = await anext(parts, b"")
            second = await anext(parts, None)
            if second is None:
                await self._put(key, first, mode="create")
            else:
                await self._put(key, intake.all_of(first, second, parts), use_multipart=True)
        except BaseException:
            with contextlib.suppress(Exception):
                await asyncio.shield(self.delete((key,)))
            raise
        return Blob(key, intake.meter.size, intake.digest.hexdigest())

    async def _put(self, key: str, content: Any, **more: Any) -> None:
        """Write an object; what the source of its bytes raises comes before what the bucket says of it."""
        with told_as_problems():
            await obstore.put_async(
                self.store, self.path_of(key), content, chunk_size=PART, max_concurrency=PARTS_AT_ONCE, **more
            )

    async def read(self, allowed: Allowed, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:  # noqa: ARG002
        """See the port: one request, whose answer is streamed; and another one for the rest if that took too long.

        An answer may take ``TIMEOUT`` in all, and whoever downloads may be slow. Only one without bytes is no use.
        """
        if end is not None and start >= end:
            if await self.size(key) is None:
                raise Problem("not_found")
            return
        while True:
            before = start
            try:
                async for data in self._part(key, start, end):
                    start += len(data)
                    yield data
                return
            except Problem as problem:
                if start == before or problem.code != "unavailable":
                    raise

    async def _part(self, key: str, start: int, end: int | None) -> AsyncIterator[bytes]:
        path = self.path_of(key)
        options: dict[str, Any] = {}
        if start or end is not None:
            options["range"] = {"offset": start} if end is None else (start, end)
        try:
            with told_as_problems():
                found = await obstore.get_async(self.store, path, options=options or None)  # type: ignore[arg-type]
        except Problem:
            size = await self.size(key) if start else None
            if size is not None and start >= size:
                return  # there is no such part, which is no mistake
            raise
        stream = aiter(found.stream(min_chunk_size=CHUNK))
        while True:
            with told_as_problems():
                chunk = await anext(stream, None)
            if chunk is None:
                return
            data = memoryview(chunk)
            for at in range(0, len(data), CHUNK):
                yield bytes(data[at : at + CHUNK])

    async def size(self, key: str) -> int | None:
        """See the port."""
        path = self.path_of(key)
        try:
            with told_as_problems():
                return (await obstore.head_async(self.store, path))["size"]
        except Problem as problem:
            if problem.code == "not_found":
                return None
            raise

    async def delete(self, keys: Collection[str]) -> None:
        """See the port."""
        await self._remove([self.path_of(key) for key in keys])

    async def _remove(self, paths: list[str]) -> None:
        for at in range(0, len(paths), LISTED_AT_ONCE):
            with told_as_problems(), contextlib.suppress(exceptions.NotFoundError, FileNotFoundError):
                await obstore.delete_async(self.store, paths[at : at + LISTED_AT_ONCE])

    async def sweep(self, known: Known, *, now: int, older_than_ms: int = ORPHAN_AGE_MS) -> int:
        """See the port: page by page; unfinished uploads are left to the bucket's own rule."""
        removed, before = 0, (now - older_than_ms) / 1000
        pages = obstore.list(self.store, self.prefix or None, chunk_size=LISTED_AT_ONCE)
        while True:
            with told_as_problems():
                page = await anext(aiter(pages), None)
            if page is None:
                return removed
            paths = {one["path"].rpartition("/")[2]: one for one in page}
            aged = {
                key: one["path"]
                for key, one in paths.items()
                if KEY.fullmatch(key) and one["last_modified"].timestamp() < before
            }
            if aged:
                kept = set(await known(list(aged)))
                orphans = [path for key, path in aged.items() if key not in kept]
                await self._remove(orphans)
                removed += len(orphans)

    def local_path(self, allowed: Allowed, key: str) -> str | None:  # noqa: ARG002
        """See the port: there is no file."""
        checked(key)
        return None

    async def close(self) -> None:
        """See the port: nothing is held between requests."""

    async def check(self) -> None:
        """Write, read and remove a small object, so that what cannot work is told at the start.

        :raises Problem: bucket_unusable, with the reason in words
        """
        try:
            blob = await self.receive(_once(b"commonhold"), limit=CHUNK)
            await self.delete((blob.key,))
        except Problem as problem:
            raise Problem("bucket_unusable", reason=str(problem.facts.get("reason", problem.code))) from problem

    def path_of(self, key: str) -> str:
        """Return the path of a blob's object in the bucket.

        :raises Problem: not_found for what is no key
        """
        return f"{self.prefix}{checked(key)[0]}/{key[1]}/{key}"


class _Intake:
    """What comes in: counted and hashed, cut into parts."""

    def __init__(self, chunks: AsyncIterator[bytes], meter: Meter) -> None:
        self._chunks = chunks
        self.meter = meter
        self.digest = hashlib.sha256(usedforsecurity=False)

    async def parts(self) -> AsyncIterator[bytes]:
        """Yield parts of the same length, the last one shorter; large ones are hashed by a thread."""
        batch, held = list[bytes](), 0
        async for chunk in self._chunks:
            self.meter.add(chunk)
            batch.append(chunk)
            held += len(chunk)
            while held >= PART:
                data = b"".join(batch)
                await asyncio.to_thread(self.digest.update, data[:PART])
                yield data[:PART]
                batch, held = [data[PART:]], held - PART
        data = b"".join(batch)
        self.digest.update(data)
        if data:
            yield data

    @staticmethod
    async def all_of(first: bytes, second: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """Yield the parts that were taken already, and the others."""
        yield first
        yield second
        async for part in rest:
            yield part


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content


@contextlib.contextmanager
def told_as_problems() -> Iterator[None]:
    """Turn what a bucket says into problems; which of them an administrator mends is said by the reason."""
    try:
        yield
    except Problem:
        raise
    except (exceptions.NotFoundError, FileNotFoundError) as error:
        text = str(error)
        if "NoSuchBucket" in text:
            raise Problem("unavailable", reason="there is no such bucket") from error
        raise Problem("not_found") from error
    except (exceptions.PermissionDeniedError, exceptions.UnauthenticatedError) as error:
        raise Problem("unavailable", reason="the bucket refuses these credentials") from error
    except exceptions.BaseError as error:
        raise Problem("unavailable", reason=_reason(error)) from error


def _reason(error: Exception) -> str:
    text = str(error)
    for sign, reason in _SIGNS.items():
        if sign in text:
            return reason
    return "the bucket does not answer as it should"


_SIGNS: Final = {
    "NoSuchBucket": "there is no such bucket",
    "InvalidAccessKeyId": "the bucket refuses these credentials",
    "SignatureDoesNotMatch": "the bucket refuses these credentials",
    "AccessDenied": "the bucket refuses these credentials",
    "QuotaExceeded": "the bucket is full",
    "timed out": "the bucket does not answer in time",
    "error sending request": "the bucket cannot be reached",
}


def open_bucket(url: str, access_key: str | None = None, secret_key: str | None = None) -> CloudBlobs:
    """Return the blobs of ``s3://bucket/prefix?region=…&endpoint=…&path_style=true``.

    Without keys those of the environment are taken, or of the machine (``AWS_ACCESS_KEY_ID`` and what else AWS names).

    :raises ValueError: the URL cannot be read, or has an unknown option
    """
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
    if parts.scheme != "s3" or not parts.hostname or options.keys() - OPTIONS:
        raise ValueError(f"write s3://bucket/prefix?{'&'.join(sorted(f'{name}=…' for name in OPTIONS))}")
    config: dict[str, Any] = {"region": options.get("region", "us-east-1")}
    endpoint = options.get("endpoint")
    if endpoint is not None:
        config |= {"endpoint": endpoint, "virtual_hosted_style_request": options.get("path_style") == "false"}
    if access_key is not None and secret_key is not None:
        config |= {"access_key_id": access_key, "secret_access_key": secret_key}
    plain = endpoint is not None and endpoint.startswith("http:")
    store = S3Store(
        parts.hostname,
        config=config,  # type: ignore[arg-type]
        client_options={"timeout": TIMEOUT, "allow_http": plain},
        retry_config={"max_retries": 4, "retry_timeout": TRIED_FOR},
    )
    prefix = parts.path.strip("/")
    return CloudBlobs(store, f"{prefix}/" if prefix else "")
