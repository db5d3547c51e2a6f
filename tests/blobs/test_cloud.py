"""Bytes in a bucket: the contract, quickly over obstore's memory, and over a real S3 server."""

import shutil
import urllib.request
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import obstore
import pytest
from obstore.store import MemoryStore
from tests.blobs.ceph import PROGRAMS, Bucket, gateway, missing, short_folder

from commonhold.blobs.cloud import PART, CloudBlobs, open_bucket
from commonhold.core.policy.require import machine
from commonhold.core.problems import Problem
from commonhold.testing.blobs_contract import BlobsContract, broken, content_of, flow

MIB = 1 << 20
LONG = timedelta(minutes=5)


class TestCloudBlobs(BlobsContract):
    """The contract, over a store in memory."""

    @pytest.fixture
    def blobs(self) -> CloudBlobs:
        """An empty bucket."""
        return CloudBlobs(MemoryStore(), "below/here/")

    async def test_nothing_to_hand_over(self, blobs: CloudBlobs) -> None:
        """What is in a bucket is sent by the server alone: there is no place to send anybody to."""
        blob = await blobs.receive(flow(b"content"), limit=100)
        assert blobs.local_path(machine(), blob.key) is None


@pytest.fixture(scope="session")
def bucket() -> Iterator[Bucket]:
    """A bucket of a real gateway."""
    absent = missing()
    assert not absent or len(absent) == len(PROGRAMS), absent
    folder = short_folder()
    try:
        with gateway(folder) as found:
            made = obstore.sign(blobs_in(found).store, "PUT", "", LONG)  # type: ignore[call-overload]
            with urllib.request.urlopen(urllib.request.Request(made, method="PUT"), timeout=10) as answer:
                assert answer.status == 200
            yield found
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def blobs_in(bucket: Bucket, url: str | None = None, secret: str | None = None) -> CloudBlobs:
    """Open a bucket as its owner, or as somebody who does not know the secret."""
    return open_bucket(url or bucket.url(), bucket.access_key, secret or bucket.secret_key)


@pytest.mark.slow
@pytest.mark.debian(*PROGRAMS)
class TestRealBucket(BlobsContract):
    """The contract, over a gateway that speaks S3, asks for signatures and knows who may what."""

    @pytest.fixture
    async def blobs(self, bucket: Bucket) -> AsyncIterator[CloudBlobs]:
        """The bucket, empty again after each test."""
        found = blobs_in(bucket)
        yield found
        async for page in obstore.list(found.store):
            for one in page:
                await obstore.delete_async(found.store, one["path"])

    async def test_in_parts(self, blobs: CloudBlobs) -> None:
        """What is larger than a part travels in parts, and is one object with every byte in its place."""
        content = b"".join(number.to_bytes(4, "big") for number in range((2 * PART + 5 * MIB) // 4))
        blob = await blobs.receive(flow(*(content[at : at + MIB] for at in range(0, len(content), MIB))), limit=1 << 40)
        assert await content_of(blobs, blob.key) == content
        assert await content_of(blobs, blob.key, PART - 3, PART + 3) == content[PART - 3 : PART + 3]

    async def test_a_cut_upload_in_parts(self, blobs: CloudBlobs) -> None:
        """An upload that breaks after some parts leaves no object, and says why it broke."""
        cut = Problem("incomplete_body")
        with pytest.raises(Problem) as raised:
            await blobs.receive(broken(cut, *[bytes(MIB)] * 20), limit=1 << 40)
        assert raised.value == cut
        assert [page async for page in obstore.list(blobs.store)] in ([], [[]])

    async def test_told_at_the_start(self, blobs: CloudBlobs, bucket: Bucket) -> None:
        """A bucket that is not there, wrong keys, or nobody who answers: one sentence with the reason, at the start."""
        await blobs.check()
        gone = bucket.url().replace(bucket.endpoint, "http://127.0.0.1:9")
        for other, reason in (
            (blobs_in(bucket, bucket.url("nowhere")), "there is no such bucket"),
            (blobs_in(bucket, secret="x" * 32), "the bucket refuses these credentials"),
            (blobs_in(bucket, gone), "the bucket cannot be reached"),
        ):
            with pytest.raises(Problem) as raised:
                await other.check()
            assert raised.value == Problem("bucket_unusable", reason=reason)


@pytest.mark.parametrize(
    "url", ["http://x", "s3:///x", "s3://b?colour=red", "s3://b?endpoint", "s3://", "s3://b/c?region=x&a=b"]
)
def test_urls_that_name_no_bucket(url: str) -> None:
    """What is no address of a bucket, or has an option that we do not know, is refused with the form it should have."""
    with pytest.raises(ValueError, match=r"s3://bucket/prefix\?|bad query"):
        open_bucket(url)
