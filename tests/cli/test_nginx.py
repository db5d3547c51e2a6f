"""nginx in front, with the very configuration of the how-to: only the places in it are those of the test."""

import contextlib
import os
import pwd
import random
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.cli.conftest import in_process
from tests.cli.running import PATIENCE, first_line, started

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "how-to" / "nginx.md"

pytestmark = [pytest.mark.slow, pytest.mark.debian("nginx")]


def _free() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def _configuration(port: int, behind: str, blobs: Path, folder: Path) -> str:
    """Return what the page says, without TLS, on free ports, in folders of the test."""
    (page,) = re.findall(r"```nginx\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    user, _, server = page.partition("\n")
    assert user.startswith("user ")
    changed = {
        "listen 443 ssl;": f"listen 127.0.0.1:{port};",
        "  ssl_certificate /etc/ssl/share.pem;\n": "",
        "  ssl_certificate_key /etc/ssl/share.key;\n": "",
        "http://127.0.0.1:8080": behind,
        "/var/lib/commonhold/blobs/": f"{blobs}/",
    }
    for old, new in changed.items():
        assert old in server, f"{old!r} is not on the page any more"
        server = server.replace(old, new)
    places = "".join(
        f"{name}_temp_path {folder / name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    us = f"user {pwd.getpwuid(os.getuid()).pw_name} root;\n" if os.getuid() == 0 else ""
    head = f"{us}daemon off;\npid {folder / 'pid'};\nerror_log {folder / 'error.log'};\nevents {{}}\n"
    return f"{head}http {{\naccess_log off;\n{places}{server}\n}}\n"


@contextlib.contextmanager
def _nginx(port: int, behind: str, blobs: Path, folder: Path) -> Iterator[str]:
    folder.mkdir()
    file = folder / "nginx.conf"
    file.write_text(_configuration(port, behind, blobs, folder), "utf-8")
    program = shutil.which("nginx")
    assert program is not None
    process = subprocess.Popen([program, "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(file)])
    try:
        for _ in range(200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            assert process.poll() is None, (folder / "error.log").read_text()
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


@pytest.fixture(scope="module")
def blobs(settled: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The place for bytes of a data directory with people in it."""
    found = Path(shutil.copytree(settled, tmp_path_factory.mktemp("nginx") / "data")) / "blobs"
    found.mkdir(exist_ok=True)
    return found


@pytest.fixture(scope="module")
def front(blobs: Path) -> Iterator[httpx2.Client]:
    """A client of nginx, as alice; behind it a server on a directory of its own."""
    data, port, inner = blobs.parent, _free(), _free()
    token = in_process("token", "create", "alice", "--data", str(data)).out.strip()
    settings: dict[str, Any] = {
        "COMMONHOLD_BASE_URL": f"http://127.0.0.1:{port}",
        "COMMONHOLD_TRUSTED_PROXIES": "127.0.0.1/32",
        "COMMONHOLD_X_ACCEL": "/bytes",
    }
    arguments = ("serve", "--data", str(data), "--host", "127.0.0.1", "--port", str(inner), "--no-worker")
    with started(*arguments, **settings) as process:
        first_line(process)
        with (
            _nginx(port, f"http://127.0.0.1:{inner}", blobs, data.parent / "front") as url,
            httpx2.Client(
                base_url=url, headers={"authorization": f"Bearer {token}"}, timeout=PATIENCE, trust_env=False
            ) as client,
        ):
            yield client


CONTENT = random.Random(1).randbytes(24 << 20)


@pytest.fixture(scope="module")
def file(front: httpx2.Client) -> str:
    """A large file that was uploaded through nginx: its uid."""
    home = front.get("/api/v1/items", params={"path": "/alice"}).raise_for_status().json()["uid"]
    made = front.put(f"/api/v1/items/{home}/children/large.bin", content=CONTENT).raise_for_status().json()
    assert made["size"] == len(CONTENT)
    uid: str = made["uid"]
    return uid


def test_nginx_sends_it(front: httpx2.Client, file: str) -> None:
    """A download comes from nginx whole, under its name, as an attachment, and tells nothing of where it lies."""
    reply = front.get(f"/api/v1/items/{file}/content")
    assert reply.status_code == 200
    assert reply.content == CONTENT
    assert reply.headers["content-disposition"].startswith("attachment")
    assert "large.bin" in reply.headers["content-disposition"]
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in reply.headers["content-security-policy"]
    assert reply.headers["cache-control"] == "private, no-cache"
    assert "x-accel-redirect" not in reply.headers
    assert "bytes/" not in str(reply.headers)


def test_ranges(front: httpx2.Client, file: str) -> None:
    """A range is what was asked for, and one that cannot be is refused."""
    reply = front.get(f"/api/v1/items/{file}/content", headers={"range": "bytes=1000-2999"})
    assert (reply.status_code, reply.content) == (206, CONTENT[1000:3000])
    assert reply.headers["content-range"] == f"bytes 1000-2999/{len(CONTENT)}"
    assert front.get(f"/api/v1/items/{file}/content", headers={"range": "bytes=99999999-"}).status_code == 416


def test_policy_comes_first(front: httpx2.Client, file: str, blobs: Path) -> None:
    """Whoever may not have a file gets nothing of it, and the place of all bytes is nobody's to ask for."""
    nobody = {"authorization": "Bearer nothing"}
    assert front.get(f"/api/v1/items/{file}/content", headers=nobody).status_code == 401
    assert front.get("/bytes/").status_code == 404
    (key,) = [path for path in blobs.rglob("*") if path.is_file() and path.stat().st_size == len(CONTENT)]
    assert front.get(f"/bytes/{key.name[0]}/{key.name[1]}/{key.name}").status_code == 404


def test_the_rest_goes_through(front: httpx2.Client, file: str) -> None:
    """Pages, links and ZIPs go through to the server, which sees the address that nginx was asked at."""
    body = {"items": [file], "recipients": [{"kind": "link"}], "role": "viewer"}
    link = front.post("/api/v1/shares", json=body).raise_for_status().json()["pairs"][0]["link"]
    assert link["url"].startswith(str(front.base_url).rstrip("/"))
    assert front.get(f"/api/v1/links/{link['secret']}").status_code == 200
    assert front.get("/readyz").text == "ready\n"
