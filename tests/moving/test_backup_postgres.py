"""``commonhold backup`` and ``restore`` with PostgreSQL and buckets: the same file, wherever it is from or goes to."""

import asyncio
import contextlib
import random
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.blobs.ceph import PROGRAMS, Bucket
from tests.blobs.test_cloud import bucket
from tests.cli.conftest import in_process
from tests.cli.running import PATIENCE, first_line, started
from tests.moving.test_backup import backup, furnished, nothing_but, restored
from tests.moving.town import everything
from tests.postgres import Server

from commonhold import moves
from commonhold.core.problems import Problem
from commonhold.store.copying_back import copy_from_postgres

__all__ = ["bucket", "furnished"]

pytestmark = pytest.mark.slow

MOST = 24  # shares that are made meanwhile: each is looked at from all sides


@pytest.fixture(autouse=True)
def passphrase(monkeypatch: pytest.MonkeyPatch) -> None:
    """The passphrase of all backups here."""
    monkeypatch.setenv("COMMONHOLD_PASSPHRASE", "a passphrase of the test")


@pytest.fixture(scope="session")
def before(furnished: Path) -> dict[str, Any]:
    """What the furnished directory answers."""
    return everything(furnished)


@pytest.fixture
def data(furnished: Path, alone: Path) -> Path:
    """A furnished data directory of the test's own."""
    return Path(shutil.copytree(furnished, alone / "data"))


@pytest.fixture
def moved(data: Path, postgres: Server) -> str:
    """The furnished directory on PostgreSQL: its database."""
    url = postgres.bare()
    ran = in_process("copy", "--to", url, "--data", str(data))
    assert ran.code == 0, ran.err
    (data / "commonhold.db").unlink()
    return url


@contextlib.contextmanager
def on(url: str) -> Iterator[None]:
    """Run commands on a database."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COMMONHOLD_DATABASE", url)
        yield


def test_to_everywhere(data: Path, moved: str, alone: Path, postgres: Server, before: dict[str, Any]) -> None:
    """A backup of PostgreSQL restores into PostgreSQL and into a file; every share answers alike, and all goes on."""
    assert len(before["shares"]) >= 6
    with on(moved):
        made = backup(data, alone / "b.tar")
    assert made.code == 0, made.err
    assert nothing_but(alone, "data", "b.tar")
    back = restored(alone / "b.tar", alone / "file")
    assert back.code == 0, back.err
    assert everything(alone / "file") == before
    again = postgres.bare()
    with on(again):
        back = restored(alone / "b.tar", alone / "new")
        assert back.code == 0, back.err
        assert nothing_but(alone / "new", "blobs", "instance.key")
        refused = restored(alone / "b.tar", alone / "other")
    assert everything(alone / "new", database=again) == before
    assert refused.code == 4
    assert "there already" in refused.told["detail"]
    assert not (alone / "other").exists()
    (alone / "more.txt").write_text("more")
    more = ("share", str(alone / "more.txt"), "--with", "bob", "--no-serve", "--as", "alice")
    assert in_process("user", "add", "dora", "--data", str(alone / "file")).code == 0
    assert in_process(*more, "--data", str(alone / "file")).code == 0


def test_under_load(data: Path, moved: str, alone: Path, postgres: Server) -> None:
    """A backup of PostgreSQL that is written to all the time holds one moment, and restores to it."""
    again, stop, made = postgres.bare(), threading.Event(), list[str]()
    with on(moved):
        secret = in_process("token", "create", "--data", str(data)).out.strip()
        with started("serve", "--data", str(data), "--port", "0", "--no-worker", COMMONHOLD_DATABASE=moved) as process:
            url = next(word for word in first_line(process).split() if word.startswith("http"))
            workers = [threading.Thread(target=_write, args=(url, secret, n, stop, made)) for n in range(2)]
            for each in workers:
                each.start()
            try:
                while len(made) < 6:
                    stop.wait(0.02)
                taken = backup(data, alone / "b.tar")
            finally:
                stop.set()
                for each in workers:
                    each.join()
    assert taken.code == 0, taken.err
    with on(again):
        assert restored(alone / "b.tar", alone / "new").code == 0
    after, source = everything(alone / "new", database=again), everything(data, database=moved)
    assert 6 <= len(after["shares"]) <= len(source["shares"])
    assert all(source["shares"][uid] == told for uid, told in after["shares"].items())
    files = {uid: told for uid, told in after["items"].items() if told["kind"] == "file"}
    assert all(source["items"][uid]["content"] == told["content"] for uid, told in files.items())


def _write(url: str, token: str, worker: int, stop: threading.Event, made: list[str]) -> None:
    """Put files and share them until it is time to stop."""
    headers = {"authorization": f"Bearer {token}"}
    with httpx2.Client(base_url=f"{url}/api/v1", headers=headers, timeout=PATIENCE, trust_env=False) as http:
        home = http.get("/items", params={"path": "/alice"}).json()["uid"]
        while not stop.is_set() and len(made) < MOST:
            name = f"load-{worker}-{len(made)}.txt"
            item = http.put(f"/items/{home}/children/{name}", content=random.randbytes(2_000)).json()
            body = {"items": [item["uid"]], "recipients": ["bob"], "role": "viewer"}
            http.post("/shares", json=body).raise_for_status()
            made.append(name)


def test_what_fails_leaves_nothing(data: Path, moved: str, alone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database that cannot be reached makes no backup and takes none; a copy that breaks leaves no file."""
    with on("postgresql://nobody@127.0.0.1:1/x"):
        assert backup(data, alone / "b.tar").code == 4
    with on(moved):
        assert backup(data, alone / "b.tar").code == 0
    with on("postgresql://nobody@127.0.0.1:1/x"):
        assert restored(alone / "b.tar", alone / "new").code == 4
    assert nothing_but(alone, "data", "b.tar")
    target = alone / "copy.db"
    target.touch()
    with pytest.raises(Problem):
        asyncio.run(copy_from_postgres(moved, target))
    assert target.exists()
    monkeypatch.setattr(moves, "copy_from_postgres", _broken)
    with on(moved):
        assert backup(data, alone / "c.tar").code == 4
    assert nothing_but(alone, "data", "b.tar", "copy.db")


async def _broken(url: str, target: Path) -> None:
    del url, target
    raise Problem("storage_full")


@pytest.mark.debian(*PROGRAMS)
def test_with_a_bucket(
    data: Path, bucket: Bucket, alone: Path, before: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A backup restores into a bucket, and one that only lists is proved against it; what is there is not replaced."""
    whole, listed = alone / "w.tar", alone / "l.tar"
    assert backup(data, whole).code == backup(data, listed, "--manifest").code == 0
    monkeypatch.setenv("COMMONHOLD_S3_ACCESS_KEY", bucket.access_key)
    monkeypatch.setenv("COMMONHOLD_S3_SECRET_KEY", bucket.secret_key)
    monkeypatch.setenv("COMMONHOLD_BLOBS", bucket.url())
    assert restored(listed, alone / "early").code == 4
    back = restored(whole, alone / "new")
    assert back.code == 0, back.err
    assert nothing_but(alone / "new", "instance.key", "commonhold.db")
    given = {"blobs": bucket.url(), "s3.access_key": bucket.access_key, "s3.secret_key": bucket.secret_key}
    assert everything(alone / "new", **given) == before
    again = restored(whole, alone / "again")
    assert again.code == 4
    assert "there already" in again.told["detail"]
    assert restored(listed, alone / "listed").code == 0
    third = backup(alone / "new", alone / "t.tar")
    assert third.code == 0, third.err
