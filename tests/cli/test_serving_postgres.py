"""``commonhold serve`` on PostgreSQL: while the server is away, when it is back, and several processes on one."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.cli.conftest import in_process
from tests.cli.running import PATIENCE, Served, first_line, started
from tests.postgres import OwnServer, Server

pytestmark = pytest.mark.slow


@pytest.fixture
def own(postgres_seed: Path) -> Iterator[OwnServer]:
    """A PostgreSQL server of one's own, which can be killed."""
    server = OwnServer(postgres_seed)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def data(settled: Path, alone: Path) -> Path:
    """A data directory with people in it."""
    return Path(shutil.copytree(settled, alone / "data"))


def moved(data: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """Move a directory to PostgreSQL, where commands find it; return its URL, and a token of its administrator."""
    url = server.bare()
    assert in_process("copy", "--to", url, "--data", str(data)).code == 0
    (data / "commonhold.db").unlink()
    monkeypatch.setenv("COMMONHOLD_DATABASE", url)
    made = in_process("token", "create", "alice", "--data", str(data))
    assert made.code == 0, made.err
    return url, made.out.strip()


def client(served: Served, token: str | None = None) -> httpx2.Client:
    """Speak to a server as somebody, or as nobody."""
    headers = {"authorization": f"Bearer {token}"} if token else {}
    return httpx2.Client(base_url=f"{served.url}/api/v1", headers=headers, timeout=PATIENCE, trust_env=False)


def serve(data: Path, database: str) -> Any:
    """Start a server process."""
    arguments = ("serve", "--data", str(data), "--host", "127.0.0.1", "--port", "0", "--no-worker")
    return started(*arguments, COMMONHOLD_DATABASE=database)


def served_by(process: Any, data: Path) -> Served:
    """Wait until it answers."""
    said = first_line(process)
    return Served(process, said, next(word for word in said.split() if word.startswith("http")), data)


def put(http: httpx2.Client, name: str) -> str:
    """Put a file, and return its uid."""
    home = http.get("/items", params={"path": "/alice"}).raise_for_status().json()["uid"]
    uid: str = http.put(f"/items/{home}/children/{name}", content=b"text").raise_for_status().json()["uid"]
    return uid


def test_away_and_back(data: Path, own: OwnServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """While PostgreSQL is away, requests are answered with 503 and Retry-After and write nothing; then all goes on."""
    url, token = moved(data, own, monkeypatch)
    with serve(data, url) as process, client(served_by(process, data), token) as http:
        item = put(http, "a.txt")
        body = {"items": [item], "recipients": ["bob"], "role": "viewer"}
        key = {"idempotency-key": "once"}
        own.kill()
        asked = [
            http.get(f"/items/{item}"),
            http.get("/shares"),
            http.post("/shares", json=body, headers=key),
            http.delete(f"/items/{item}"),
            http.put(f"/items/{item}/content", content=b"other"),
        ]
        for reply in asked:
            assert (reply.status_code, reply.headers["content-type"]) == (503, "application/problem+json"), reply.text
            assert int(reply.headers["retry-after"]) > 0
            assert "postgres" not in reply.text.lower()
        own.start()
        for _ in range(200):
            if http.get(f"/items/{item}").status_code == 200:
                break
            time.sleep(0.1)
        assert http.get(f"/items/{item}/content").content == b"text"
        assert http.get(f"/items/{item}/shares").json()["data"] == []
        made = [http.post("/shares", json=body, headers=key).raise_for_status() for _ in range(2)]
        assert made[0].json()["pairs"][0]["share"] == made[1].json()["pairs"][0]["share"]
        assert len(http.get(f"/items/{item}/shares").json()["data"]) == 1


def test_several_processes(data: Path, alone: Path, postgres: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """What one process acknowledged holds at once in another one: shares and links, and their withdrawal."""
    url, token = moved(data, postgres, monkeypatch)
    other = alone / "other"
    other.mkdir(mode=0o700)
    (other / "instance.key").write_bytes((data / "instance.key").read_bytes())
    (other / "instance.key").chmod(0o600)
    (other / "blobs").symlink_to(data / "blobs")
    with serve(data, url) as one, serve(other, url) as two:
        first, second = served_by(one, data), served_by(two, other)
        bob = in_process("token", "create", "bob", "--data", str(data)).out.strip()
        with client(first, token) as http, client(second, bob) as there, client(second) as stranger:
            item = put(http, "a.txt")
            body = {"items": [item], "recipients": ["bob", {"kind": "link"}], "role": "viewer"}
            for _ in range(10):
                made = http.post("/shares", json=body).raise_for_status().json()["pairs"]
                secret = made[1]["link"]["secret"]
                assert there.get(f"/items/{item}/content").content == b"text"
                assert stranger.get(f"/links/{secret}").status_code == 200
                for pair in made:
                    http.delete(f"/shares/{pair['share']}").raise_for_status()
                assert there.get(f"/items/{item}").status_code == 404
                assert stranger.get(f"/links/{secret}").status_code == 404
