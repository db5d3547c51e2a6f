"""A server as it is run for others: its end while somebody downloads, TLS, the local network, mails."""

import contextlib
import json
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import time
from pathlib import Path

import httpx2
import pytest
from tests.cli.conftest import in_process
from tests.cli.running import PATIENCE, first_line, serve, started

from commonhold.cli.listening import lan_address

LARGE = 64 << 20


@pytest.fixture
def data(settled: Path, tmp_path: Path) -> Path:
    """A data directory of the test's own, with people in it."""
    return Path(shutil.copytree(settled, tmp_path / "data"))


@pytest.mark.slow
def test_downloads_finish_when_the_server_ends(data: Path, tmp_path: Path) -> None:
    """A download that is under way when the server is asked to end comes in whole; then the server ends with 0."""
    (tmp_path / "large.bin").write_bytes(bytes(LARGE))
    with serve(data) as server, httpx2.Client(base_url=server.url, trust_env=False, timeout=PATIENCE) as http:
        link = in_process("share", str(tmp_path / "large.bin"), "--data", str(data), "--json").json["link"]
        opened = http.post(f"/api/v1/links/{link.rpartition('/')[2]}/open", json={}).json()
        headers = {"commonhold-pass": opened["token"]}
        received = 0
        with http.stream("GET", f"/api/v1/items/{opened['item']['uid']}/content", headers=headers) as reply:
            chunks = reply.iter_raw()
            received += len(next(chunks))
            server.process.send_signal(signal.SIGTERM)
            for chunk in chunks:
                received += len(chunk)
        assert received == LARGE
        assert server.process.wait(PATIENCE) == 0


@pytest.mark.slow
@pytest.mark.debian("openssl")
def test_tls_without_a_proxy(data: Path, tmp_path: Path) -> None:
    """With a certificate the server speaks https, says so in its address and in links, and refuses plain http."""
    command = "openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=localhost"
    subprocess.run(
        [*command.split(), "-addext", "subjectAltName=IP:127.0.0.1"], cwd=tmp_path, check=True, capture_output=True
    )
    context = ssl.create_default_context(cafile=tmp_path / "cert.pem")
    arguments = ("--tls-cert", str(tmp_path / "cert.pem"), "--tls-key", str(tmp_path / "key.pem"))
    with serve(data, *arguments, "--no-worker") as server:
        assert server.url.startswith("https://127.0.0.1:")
        assert httpx2.get(f"{server.url}/healthz", verify=context, trust_env=False).text == "ok\n"
        (tmp_path / "a.txt").write_text("x")
        told = in_process("share", str(tmp_path / "a.txt"), "--data", str(data), "--json").json
        assert told["link"].startswith(server.url)


@pytest.mark.slow
def test_the_local_network(data: Path, tmp_path: Path) -> None:
    """With --lan the link names an address of this machine on its network, and a code for cameras is drawn."""
    (tmp_path / "a.txt").write_text("x")
    fixed = ("share", "a.txt", "--data", str(data), "--lan", "--port", "0")
    address = lan_address()
    if address is None:
        ran = in_process("share", str(tmp_path / "a.txt"), "--data", str(data), "--lan", "--port", "0")
        assert ran.code == 4
        return
    with started(*fixed, cwd=tmp_path) as process:
        assert process.stdout is not None
        assert first_line(process) == "a.txt (1 B)"
        link = process.stdout.readline().strip()
        assert link.startswith(f"http://{address}:")
        assert "█" in process.stdout.readline()
        port = link.split(":")[2].partition("/")[0]
        assert httpx2.get(f"http://127.0.0.1:{port}/healthz", trust_env=False, timeout=PATIENCE).text == "ok\n"
        process.send_signal(signal.SIGINT)
        process.stdout.read()
        assert process.wait(PATIENCE) == 0


@pytest.mark.slow
def test_mails_without_a_mail_server(data: Path, tmp_path: Path) -> None:
    """Without a mail server, the worker beside a server writes mails to a file that its owner alone can read."""
    (tmp_path / "a.txt").write_text("x")
    with serve(data) as server:
        fixed = ("share", str(tmp_path / "a.txt"), "--data", str(data), "--json")
        assert in_process(*fixed, "--with", "somebody@example.org").code == 0
        mails = data / "mails.txt"
        patience = time.monotonic() + PATIENCE
        while not (mails.exists() and "somebody@example.org" in mails.read_text()) and time.monotonic() < patience:
            threading.Event().wait(0.1)
        text = mails.read_text()
        assert f"{server.url}/app/enter/" in text
        assert mails.stat().st_mode & 0o077 == 0


@pytest.mark.slow
def test_a_taken_port_does_not_stop_a_share(data: Path, tmp_path: Path) -> None:
    """Where the usual port is taken, a share takes a free one; a port that was asked for is not exchanged."""
    (tmp_path / "a.txt").write_text("x")
    with socket.socket() as other:
        with contextlib.suppress(OSError):  # if somebody else has it, it is taken, too
            other.bind(("127.0.0.1", 8080))
            other.listen()
        asked = in_process("share", str(tmp_path / "a.txt"), "--data", str(data), "--port", "8080")
        assert (asked.code, asked.out) == (4, "")
        with started("share", "a.txt", "--data", str(data), "--json", cwd=tmp_path) as process:
            link = json.loads(first_line(process))["link"]
            assert ":8080/" not in link
            assert httpx2.get(link, trust_env=False, timeout=PATIENCE).status_code == 200
