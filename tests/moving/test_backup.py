"""``commonhold backup`` and ``restore``: what was shared is shared alike afterwards, and nothing is ever half there."""

import asyncio
import json
import os
import random
import shutil
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import msgspec
import pytest
from tests.cli.conftest import in_process
from tests.cli.running import PATIENCE, PROGRAM, Ran, environment, serve
from tests.moving.town import everything, furnish

from commonhold import moves, wiring
from commonhold.core.content.backing_up import LEASE_MS, reading_all
from commonhold.core.content.sweeping import sweep
from commonhold.settings import load

PASSPHRASE = "a passphrase of the test"


@pytest.fixture(scope="session")
def furnished(settled: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with people, files, and shares of every kind."""
    data = Path(shutil.copytree(settled, tmp_path_factory.mktemp("furnished") / "data"))
    furnish(data)
    return data


@pytest.fixture
def data(furnished: Path, alone: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A furnished data directory of the test's own; the passphrase is in the environment."""
    monkeypatch.setenv("COMMONHOLD_PASSPHRASE", PASSPHRASE)
    return Path(shutil.copytree(furnished, alone / "data"))


def backup(data: Path, file: Path, *more: str) -> Ran:
    """Make a backup."""
    return in_process("backup", str(file), "--data", str(data), "--json", *more)


def restored(file: Path, to: Path) -> Ran:
    """Bring it back."""
    return in_process("restore", str(file), "--data", str(to), "--json")


def nothing_but(folder: Path, *names: str) -> bool:
    """Tell whether a folder holds these alone."""
    return {path.name for path in folder.iterdir()} == set(names)


def test_every_share_answers_alike(data: Path, alone: Path) -> None:
    """After backup and restore every share has the same audience, the same reasons, and its link opens the same."""
    before = everything(data)
    assert len(before["shares"]) >= 6
    made = backup(data, alone / "b.tar")
    assert made.code == 0, made.err
    assert (alone / "b.tar").stat().st_mode & 0o077 == 0
    assert nothing_but(alone, "data", "b.tar")
    back = restored(alone / "b.tar", alone / "new")
    assert back.code == 0, back.err
    assert everything(alone / "new") == before
    assert (alone / "new").stat().st_mode & 0o077 == 0
    assert (alone / "new" / "instance.key").read_bytes() == (data / "instance.key").read_bytes()


@pytest.mark.slow
def test_what_is_restored_is_an_installation_in_use(data: Path, alone: Path) -> None:
    """What was restored takes writes, and can itself be backed up again."""
    backup(data, alone / "b.tar")
    restored(alone / "b.tar", alone / "new")
    assert in_process("user", "add", "dora", "--data", str(alone / "new")).code == 0
    assert backup(alone / "new", alone / "c.tar").json["count"] == backup(data, alone / "d.tar").json["count"]


@pytest.mark.slow
def test_backup_under_load(data: Path, alone: Path) -> None:
    """While a server takes writes all the time, a backup holds one moment: it restores, and its shares all answer."""
    token = in_process("token", "create", "--data", str(data)).out.strip()
    stop, made = threading.Event(), list[str]()

    def write(url: str, worker: int) -> None:
        headers = {"authorization": f"Bearer {token}"}
        with httpx2.Client(base_url=f"{url}/api/v1", headers=headers, timeout=PATIENCE, trust_env=False) as http:
            home = http.get("/items", params={"path": "/alice"}).json()["uid"]
            while not stop.wait(0.05):  # all the time, and not so much that it takes minutes to ask for it afterwards
                name = f"load-{worker}-{len(made)}.txt"
                item = http.put(f"/items/{home}/children/{name}", content=random.randbytes(5_000)).json()
                body = {"items": [item["uid"]], "recipients": ["bob"], "role": "viewer"}
                http.post("/shares", json=body).raise_for_status()
                made.append(name)

    with serve(data, "--no-worker") as server:
        workers = [threading.Thread(target=write, args=(server.url, n)) for n in range(3)]
        for each in workers:
            each.start()
        try:
            while len(made) < 20:
                stop.wait(0.02)
            taken = backup(data, alone / "b.tar")
        finally:
            stop.set()
            for each in workers:
                each.join()
    assert taken.code == 0, taken.err
    assert taken.json["count"] >= 20
    assert restored(alone / "b.tar", alone / "new").code == 0
    after, source = everything(alone / "new"), everything(data)
    assert 20 <= len(after["shares"]) <= len(source["shares"])
    assert all(source["shares"][uid] == told for uid, told in after["shares"].items())
    later = {told["alice"]["item"]["uid"] for uid, told in source["shares"].items() if uid not in after["shares"]}
    files = {uid: told for uid, told in after["items"].items() if told["kind"] == "file"}
    assert all(source["items"][uid] == told for uid, told in files.items() if uid not in later)
    assert all(source["items"][uid]["content"] == told["content"] for uid, told in files.items())


def test_a_wrong_passphrase_changes_nothing(data: Path, alone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong passphrase is told with exit code 4, and the directory is not even made."""
    backup(data, alone / "b.tar")
    monkeypatch.setenv("COMMONHOLD_PASSPHRASE", "another passphrase")
    back = restored(alone / "b.tar", alone / "new" / "deep")
    assert back.code == 4
    assert "passphrase is wrong" in back.told["detail"]
    assert nothing_but(alone, "data", "b.tar")


@pytest.mark.slow
def test_only_into_an_empty_directory(data: Path, alone: Path) -> None:
    """A backup is not restored over anything; a file of settings may stand there already."""
    backup(data, alone / "b.tar")
    assert restored(alone / "b.tar", data).code == 4
    new = alone / "new"
    new.mkdir(mode=0o700)
    (new / "note.txt").touch()
    assert "note.txt" in restored(alone / "b.tar", new).told["detail"]
    assert nothing_but(new, "note.txt")
    (new / "note.txt").rename(new / "commonhold.toml")
    assert restored(alone / "b.tar", new).code == 0


@pytest.mark.slow
def test_no_backup_over_a_file(data: Path, alone: Path) -> None:
    """A backup replaces no file."""
    (alone / "b.tar").write_text("mine")
    assert backup(data, alone / "b.tar").code == 4
    assert (alone / "b.tar").read_text() == "mine"


def _flip(at: float) -> Callable[[bytes], bytes]:
    def change(content: bytes) -> bytes:
        place = int(len(content) * at)
        return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]

    return change


def _inside(what: bytes) -> Callable[[bytes], bytes]:
    def change(content: bytes) -> bytes:
        place = content.rindex(what)
        return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]

    return change


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "nothing": lambda _: b"",
    "no archive": lambda _: b"something else" * 1000,
    "cut in the rows": lambda content: content[:20_000],
    "cut in the bytes": lambda content: content[: content.rindex(b"the content of")],
    "a bit of the rows": _flip(0.3),
    "a bit of the bytes": _inside(b"the content of"),
    "a bit of the seal": _inside(b'"sealed":"'),
    "the moment it was made": lambda content: content.replace(b'"made_at":1', b'"made_at":2', 1),
}


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.slow
def test_a_damaged_file_is_refused(damage: str, data: Path, alone: Path) -> None:
    """Whatever is changed or missing in the file, it is refused in a sentence, and nothing of it is left."""
    backup(data, alone / "b.tar")
    file = alone / "b.tar"
    file.write_bytes(DAMAGE[damage](file.read_bytes()))
    back = restored(file, alone / "new")
    assert back.code == 4, back
    assert "cannot be restored" in back.told["detail"]
    assert nothing_but(alone, "data", "b.tar")


@pytest.mark.slow
def test_a_newer_schema_is_refused(data: Path, alone: Path) -> None:
    """A backup of a newer program is refused with that reason."""
    backup(data, alone / "b.tar")
    file = alone / "b.tar"
    file.write_bytes(file.read_bytes().replace(b'"schema":"0', b'"schema":"9', 1))
    assert restored(file, alone / "new").code == 4
    assert nothing_but(alone, "data", "b.tar")


@pytest.mark.slow
def test_only_the_list_of_bytes(data: Path, alone: Path) -> None:
    """With --manifest the bytes are brought back by other means first, and each of them is looked at."""
    whole, listed = backup(data, alone / "w.tar").json, backup(data, alone / "l.tar", "--manifest").json
    assert (listed["listed"], listed["count"], listed["size"]) == (True, whole["count"], whole["size"])
    back = restored(alone / "l.tar", alone / "new")
    assert back.code == 4
    assert "missing" in back.told["detail"]
    (alone / "new").mkdir(mode=0o700)
    shutil.copytree(data / "blobs", alone / "new" / "blobs")
    assert restored(alone / "l.tar", alone / "new").code == 0
    assert everything(alone / "new") == everything(data)


@pytest.mark.slow
def test_bytes_that_are_gone(data: Path, alone: Path) -> None:
    """Where bytes that a row names are gone or changed, there is no backup that hides it."""
    path = next(path for path in sorted((data / "blobs").rglob("*")) if path.is_file() and path.stat().st_size)
    path.write_bytes(path.read_bytes()[::-1])
    assert backup(data, alone / "b.tar").code == 4
    path.unlink()
    assert backup(data, alone / "b.tar").code == 4
    assert nothing_but(alone, "data")


@pytest.mark.slow
@pytest.mark.parametrize("blocks", [8, 300, 900])
def test_a_full_disk(blocks: int, data: Path, alone: Path) -> None:
    """Where the disk takes no more, neither a backup nor a restored directory is there half."""
    backup(data, alone / "b.tar")
    limited = ["sh", "-c", f'ulimit -f {blocks}; exec "$0" "$@"', *PROGRAM]
    env = environment(COMMONHOLD_PASSPHRASE=PASSPHRASE)
    for arguments in (["backup", "c.tar", "--data", "data"], ["restore", "b.tar", "--data", "new"]):
        done = subprocess.run([*limited, *arguments], cwd=alone, env=env, capture_output=True, check=False)
        assert done.returncode == 4, done
        assert b"Traceback" not in done.stderr
    assert nothing_but(alone, "data", "b.tar")


def test_the_collector_waits_for_a_backup(data: Path) -> None:
    """While a backup reads, bytes whose row is gone stay; when it has ended, or was killed long ago, they go."""

    async def run() -> None:
        settings = load({}, {"data": str(data)})
        async with wiring.open_core(settings) as core:
            blob = await core.blobs.receive(_once(b"nobody's"), limit=100)
            os.utime(next((data / "blobs").rglob(blob.key)), (1, 1))
            async with reading_all(core):
                assert (await sweep(core, core.clock())).blobs == 0
                later = msgspec.structs.replace(core, clock=lambda: wiring.wall_clock() + 2 * LEASE_MS)
                assert (await sweep(later, core.clock())).blobs == 1

    asyncio.run(run())


async def _once(content: bytes) -> Any:
    yield content


@pytest.mark.slow
def test_an_interrupted_backup(data: Path, alone: Path) -> None:
    """A backup that is given up in the middle leaves no file, and lets the collector go on."""

    async def run() -> None:
        def give_up(done: int, total: int) -> None:
            raise KeyboardInterrupt

        settings = load({}, {"data": str(data)})
        with pytest.raises(KeyboardInterrupt):
            await moves.make_backup(settings, alone / "b.tar", PASSPHRASE, listed=False, tell=give_up)

    asyncio.run(run())
    assert nothing_but(alone, "data")
    rows = in_process("user", "list", "--data", str(data), "--json")
    assert rows.code == 0


@pytest.mark.slow
def test_an_interrupted_restore(data: Path, alone: Path) -> None:
    """A restore that is given up in the middle leaves nothing, not even the directory."""
    backup(data, alone / "b.tar")

    def give_up(done: int, total: int) -> None:
        raise KeyboardInterrupt

    settings = load({}, {"data": str(alone / "new")})
    with pytest.raises(KeyboardInterrupt):
        moves.bring_back(settings, alone / "b.tar", lambda: PASSPHRASE, give_up)
    assert nothing_but(alone, "data", "b.tar")


@pytest.mark.slow
def test_no_passphrase(data: Path, alone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a terminal the passphrase comes from the environment or a file; a short one is refused."""
    monkeypatch.delenv("COMMONHOLD_PASSPHRASE")
    assert backup(data, alone / "b.tar").code == 2
    (alone / "short").write_text("short\n")
    assert backup(data, alone / "b.tar", "--passphrase-file", str(alone / "short")).code == 2
    (alone / "long").write_text(f"{PASSPHRASE}\nwhat follows is not read\n")
    assert backup(data, alone / "b.tar", "--passphrase-file", str(alone / "long")).code == 0
    monkeypatch.setenv("COMMONHOLD_PASSPHRASE", PASSPHRASE)
    assert restored(alone / "b.tar", alone / "new").code == 0


@pytest.mark.slow
def test_the_key_is_sealed(data: Path, alone: Path) -> None:
    """The key of the installation stands nowhere in the file, in no form that can be read."""
    backup(data, alone / "b.tar")
    key = (data / "instance.key").read_text().strip()
    content = (alone / "b.tar").read_bytes()
    assert key.encode() not in content
    assert bytes.fromhex(key) not in content
    head = json.loads(content[512 : content.index(b"\0", 512)])
    assert head["format"] == 1
