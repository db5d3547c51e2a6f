"""The composition root: data directories, first starts, faces, and processes beside one another."""

import asyncio
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import textwrap
from pathlib import Path

import msgspec
import pytest

from commonhold.core.directory.installation import is_set_up, set_up_by_link
from commonhold.core.directory.people import NewUser
from commonhold.core.directory.sign_in import sign_in
from commonhold.core.problems import Problem
from commonhold.data import ADDRESS
from commonhold.settings import FILE, Admin, Directus, FaceSettings, Secret, Settings, SettingsError, reveal
from commonhold.settings.values import S3
from commonhold.wiring import (
    Server,
    Unusable,
    application,
    claim,
    find_faces,
    first_start,
    open_core,
    prepare,
    running,
    wall_clock,
    worker_beside,
)


@pytest.fixture
def empty(tmp_path: Path) -> Settings:
    """Settings for a data directory that is not there yet."""
    return Settings(data=tmp_path / "data", port=0)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory as it is before its first start."""
    data = tmp_path_factory.mktemp("made") / "data"

    async def make() -> None:
        async with open_core(Settings(data=data)):
            pass

    asyncio.run(make())
    return data


@pytest.fixture
def settings(empty: Settings, made: Path) -> Settings:
    """Settings for a data directory that was opened once."""
    shutil.copytree(made, empty.data)
    return empty


def mode(path: Path) -> int:
    """Return who may do what with a path."""
    return stat.S_IMODE(path.stat().st_mode)


async def test_a_directory_is_made_and_kept(empty: Settings) -> None:
    """An empty place becomes a data directory for its owner alone; opened again, it holds what was written."""
    settings = empty
    async with open_core(settings) as core:
        secret = core.secrets.link("x")
        assert core.limits == settings.limits
        assert abs(core.clock() - wall_clock()) < 60_000
        assert await first_start(core, settings) is not None
        revision = (await core.store.instance()).revision
    assert mode(settings.data) == 0o700
    assert mode(settings.data / "instance.key") == 0o600
    async with open_core(settings) as core:
        assert core.secrets.link("x") == secret
        assert (await core.store.instance()).revision == revision


async def test_two_processes_may_open_it(settings: Settings) -> None:
    """A data directory may be open more than once: what one writes the other reads."""
    async with open_core(settings) as one, open_core(settings) as other:
        await first_start(one, settings)
        assert (await one.store.instance()).revision == (await other.store.instance()).revision


def test_others_may_not_look_in(tmp_path: Path) -> None:
    """A directory that others may look into is refused if there is anything in it, and closed if not."""
    tmp_path.chmod(0o755)
    (tmp_path / FILE).write_text("")
    prepare(Settings(data=tmp_path))
    assert mode(tmp_path) == 0o700
    tmp_path.chmod(0o755)
    (tmp_path / "letters").write_text("")
    with pytest.raises(Unusable, match=f"chmod 700 {re.escape(str(tmp_path))}"):
        prepare(Settings(data=tmp_path))
    assert mode(tmp_path) == 0o755


async def test_what_cannot_be_opened(settings: Settings, tmp_path: Path) -> None:
    """A file in place of the directory, a lost key, a database of something else: refused, saying what to do."""
    (tmp_path / "file").write_text("")
    for data in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(Unusable, match="cannot be used"):
            prepare(Settings(data=data))
    (settings.data / "instance.key").rename(settings.data / "key.away")
    with pytest.raises(Unusable, match="backup"):
        async with open_core(settings):
            pass
    (settings.data / "key.away").rename(settings.data / "instance.key")
    (settings.data / "commonhold.db").write_bytes(b"no database" * 1000)
    with pytest.raises(Unusable, match=r"commonhold\.db"):
        async with open_core(settings):
            pass


@pytest.mark.parametrize(
    ("blobs", "told"),
    [
        ("s3://bucket?endpoint=http://127.0.0.1:9", "The bucket cannot be used.* the bucket cannot be reached"),
        ("s3://bucket?colour=red", r"write s3://bucket/prefix\?"),
    ],
)
async def test_a_bucket_that_cannot_be_used(empty: Settings, blobs: str, told: str) -> None:
    """What is wrong with a bucket is told at the start, in one sentence with the reason."""
    with pytest.raises(Unusable, match=told):
        async with open_core(msgspec.structs.replace(empty, blobs=blobs, s3=S3(Secret("a"), Secret("b")))):
            pass


@pytest.mark.parametrize("on", [False, True])
async def test_siblings_as_the_settings_say(settings: Settings, on: bool) -> None:
    """Whether shares of rows lead up and down again is a setting, which is off unless said."""
    said = msgspec.structs.replace(settings, directus=Directus(True)) if on else settings
    async with open_core(said) as core:
        assert core.siblings is on


async def test_first_start_with_settings(settings: Settings) -> None:
    """The administrator of the settings is made at the first start, and nothing happens at the second."""
    admin = Admin("ann@example.org", Secret("a good password"))
    settings = msgspec.structs.replace(settings, admin=admin)
    async with open_core(settings) as core:
        assert await first_start(core, settings) is None
        assert await is_set_up(core)
        assert (await sign_in(core, "ann@example.org", "a good password")).credential.principal is not None
        assert await first_start(core, settings) is None


async def test_first_start_with_a_link(settings: Settings) -> None:
    """Without settings a link is returned, whose secret makes the first administrator, once."""
    settings = msgspec.structs.replace(settings, base_url="https://share.example.org")
    async with open_core(settings) as core:
        link = await first_start(core, settings) or ""
        assert link.startswith("https://share.example.org/app/setup/")
        ann = NewUser(name="ann", password="a good password")
        await set_up_by_link(core, link.rpartition("/")[2], ann)
        assert await first_start(core, settings) is None
        with pytest.raises(Problem):
            await set_up_by_link(core, link.rpartition("/")[2], ann)


async def test_first_start_with_bad_settings(settings: Settings) -> None:
    """An address or a password that cannot be used is refused by its name, without showing it."""
    admin = Admin("ann@example.org", Secret("short"))
    settings = msgspec.structs.replace(settings, admin=admin)
    async with open_core(settings) as core:
        with pytest.raises(SettingsError, match=r"admin\.password") as caught:
            await first_start(core, settings)
        assert "short" not in str(caught.value).partition(":")[2].split()


async def test_faces_are_found(empty: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Faces are found in their folders and among what is installed; each can be switched off; wrong names are told."""
    names = {face.name for face in find_faces(empty)}
    assert "native" in names
    off = msgspec.structs.replace(empty, faces={"native": FaceSettings(on=False)})
    assert {face.name for face in find_faces(off)} == names - {"native"}
    wrong = msgspec.structs.replace(empty, faces={"natve": FaceSettings(on=False)})
    with pytest.raises(SettingsError, match="Did you mean native"):
        find_faces(wrong)
    installed(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    assert "a face of others" in [str(face) for face in find_faces(empty)]
    off = msgspec.structs.replace(empty, faces={"other": FaceSettings(on=False)})
    assert "a face of others" not in [str(face) for face in find_faces(off)]


def installed(folder: Path) -> None:
    """Install a package with a face."""
    (folder / "other_face.py").write_text('FACE = "a face of others"\n')
    meta = folder / "other_face-1.dist-info"
    meta.mkdir()
    (meta / "METADATA").write_text("Metadata-Version: 2.1\nName: other-face\nVersion: 1\n")
    (meta / "entry_points.txt").write_text("[commonhold.faces]\nother = other_face:FACE\n")


async def test_an_application(settings: Settings) -> None:
    """The application holds the faces that are switched on, or those that its caller names."""
    off = msgspec.structs.replace(settings, faces={"native": FaceSettings(on=False)})
    async with open_core(settings) as core:
        assert "native" in {face.name for face in application(core, settings).faces}
        assert "native" not in {face.name for face in application(core, off).faces}
    assert [face.name for face in find_faces(off, only=["native"])] == ["native"]


async def test_one_server(empty: Settings) -> None:
    """A directory has one server; others learn its address, and nothing once it is gone."""
    assert running(empty) is None
    with claim(empty) as mine:
        assert running(empty) is None  # it has not said where
        mine.announce("http://127.0.0.1:1")
        assert running(empty) == Server(os.getpid(), "http://127.0.0.1:1")
        assert mode(empty.data / ADDRESS) == 0o600
        with pytest.raises(Unusable, match=r"already, at http://127\.0\.0\.1:1"), claim(empty):
            pass
    assert running(empty) is None
    with claim(empty):
        pass


def test_a_server_that_was_killed(empty: Settings) -> None:
    """What a killed server left behind is neither believed nor in the way of the next one."""
    code = """
        import os, signal, sys
        from pathlib import Path
        from commonhold.settings import Settings
        from commonhold.wiring import claim
        with claim(Settings(data=Path(sys.argv[1]))) as mine:
            mine.announce("http://127.0.0.1:1")
            os.kill(os.getpid(), signal.SIGKILL)
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(code), str(empty.data)], check=False)
    assert (empty.data / ADDRESS).exists()
    assert running(empty) is None
    with claim(empty):
        assert not (empty.data / ADDRESS).exists()


async def test_a_worker_beside_a_server(settings: Settings) -> None:
    """A worker beside a server sends what waits, with links to that server, and ends with it."""
    async with open_core(settings) as core:
        person = NewUser(name="ann", email="ann@example.org", password="a good password", admin=True)
        await set_up_by_link(core, (await first_start(core, settings) or "").rpartition("/")[2], person)
        with claim(settings) as mine:
            mine.announce("http://127.0.0.1:4711")
            with worker_beside(settings):
                mails = settings.data / "mails.txt"
                async with asyncio.timeout(30):
                    while not mails.exists():  # noqa: ASYNC110 - another process writes it
                        await asyncio.sleep(0.05)
    assert "To: ann@example.org" in mails.read_text()
    assert "http://127.0.0.1:4711/app/verify/" in mails.read_text()


@pytest.mark.parametrize("way", ["its parent lets go", "it is asked to stop"])
def test_a_worker_ends_well(settings: Settings, way: str) -> None:
    """A worker ends when its parent is gone, however it went, and when it is asked to; not by Ctrl-C meant for both."""
    command = [sys.executable, "-m", "commonhold.wiring"]
    told = msgspec.structs.replace(settings, log=msgspec.structs.replace(settings.log, format="json"))
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stderr is not None
        process.stdin.write(msgspec.json.encode(reveal(told)) + b"\n")
        process.stdin.flush()
        assert b"worker.started" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        if way == "it is asked to stop":
            process.terminate()
        else:
            process.stdin.close()
        assert b"worker.stopped" in process.stderr.read()
        assert process.wait() == 0


@pytest.mark.parametrize(
    ("run", "never"),
    [
        (
            "settings.load({}); wiring.find_faces(settings.Settings())",
            {"sqlalchemy", "alembic", "rich", "PIL", "pypdfium2", "aiosmtplib"},
        ),
        (
            "import commonhold.work.worker",
            {"sqlalchemy", "alembic", "rich", "PIL", "pypdfium2", "starlette", "uvicorn"},
        ),
    ],
)
def test_processes_load_what_they_run(run: str, never: set[str]) -> None:
    """Neither a server nor a worker loads what it does not need."""
    code = (
        f"import sys; from commonhold import settings, wiring; {run}; print(*{{m.split('.')[0] for m in sys.modules}})"
    )
    out = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert not never & set(out.split())
