"""Processes that serve: started and ended as scripts do it, asked as clients do, with commands running beside."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from tests.cli.conftest import in_process
from tests.cli.running import PATIENCE, PROGRAM, Ran, Served, command, environment, first_line, serve, started

HEAVY = (
    "typer",
    "rich",
    "sqlalchemy",
    "alembic",
    "pydantic",
    "PIL",
    "pypdfium2",
    "httpx2",
    "aiosmtplib",
    "css_inline",
)


@pytest.fixture(scope="module")
def http(served: Served) -> Iterator[httpx2.Client]:
    """A client of the server, which asks no proxy."""
    with httpx2.Client(base_url=served.url, trust_env=False, timeout=PATIENCE) as client:
        yield client


def on(served: Served, *arguments: str) -> Ran:
    """Run a command on the directory of a server that runs."""
    return in_process(*arguments, "--data", str(served.data))


def test_it_says_where_it_is(served: Served, http: httpx2.Client) -> None:
    """A server prints its address, and no set-up link where there is an administrator; it is healthy and ready."""
    assert served.said == f"Commonhold serves {served.data} at {served.url}"
    assert http.get("/healthz").text == "ok\n"
    assert http.get("/readyz").text == "ready\n"


def test_commands_beside_a_server(served: Served, http: httpx2.Client) -> None:
    """Commands on the directory of a running server take effect in it at once, and name it in links."""
    assert on(served, "user", "add", "dora", "--password", "password-d").code == 0
    session = http.post("/api/v1/session", json={"name": "dora", "password": "password-d"})
    assert session.status_code == 200
    headers = {"authorization": f"Bearer {session.json()['token']}"}
    assert http.get("/api/v1/session", headers=headers).json()["user"]["name"] == "dora"
    assert on(served, "user", "suspend", "dora").code == 0
    assert http.get("/api/v1/session", headers=headers).status_code == 401


def test_commands_over_http(served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same commands work on a server, as whoever's token is sent; both ways print the same."""
    token = on(served, "token", "create", "alice").out.strip()
    monkeypatch.setenv("COMMONHOLD_TOKEN", token)
    monkeypatch.setenv("COMMONHOLD_URL", served.url)
    over = in_process("user", "list", "--json")
    assert over.json == on(served, "user", "list", "--json").json
    (tmp_path / "a.txt").write_text("over http")
    told = in_process("share", str(tmp_path / "a.txt"), "--json")
    assert told.code == 0, told.err
    assert told.json["link"].startswith(f"{served.url}/s/")
    assert in_process("item", "get", "/alice/Shared/a.txt", "--to", "-").out == "over http"
    assert in_process("open", told.json["link"], "--to", "-").out == "over http"
    assert in_process("user", "list", "--as", "bob").code == 2
    monkeypatch.setenv("COMMONHOLD_TOKEN", "wrong")
    assert in_process("user", "list", "--json").told["code"] == "bad_token"


def test_nobody_answers() -> None:
    """A server that is not there ends with 3, and says at which address nobody answered."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        ran = in_process("user", "list", "--url", url, "--token", "x")
    assert ran.code == 3
    assert url in ran.err


def test_share_uses_the_server_that_runs(served: Served, tmp_path: Path, http: httpx2.Client) -> None:
    """Where a server runs on the directory, `share` makes the link, names that server, and ends at once."""
    (tmp_path / "b.txt").write_text("0123456789")
    told = on(served, "share", str(tmp_path / "b.txt"), "--json").json
    assert told["serving"] is True
    page = http.get(told["link"], headers={"accept": "text/html"})
    assert page.status_code == 200
    assert "b.txt" in page.text
    opened = http.post(f"/api/v1/links/{told['link'].rpartition('/')[2]}/open", json={}).json()
    content = f"/api/v1/items/{opened['item']['uid']}/content"
    part = http.get(content, headers={"commonhold-pass": opened["token"], "range": "bytes=2-4"})
    assert (part.status_code, part.text, part.headers["content-range"]) == (206, "234", "bytes 2-4/10")
    on(served, "shares", "withdraw", told["link"])
    assert http.get(content, headers={"commonhold-pass": opened["token"]}).status_code == 404


def test_one_server_for_a_directory(served: Served) -> None:
    """A second server on the same directory does not start, and says where the first one is."""
    ran = command("serve", "--data", str(served.data), "--port", "0")
    assert (ran.code, ran.out) == (4, "")
    assert served.url in ran.err


@pytest.mark.parametrize(
    ("arguments", "code", "expected"),
    [
        (("--nonsense", "1"), 2, "--nonsense"),
        (("--port",), 2, "--port"),
        (("--port", "many"), 4, "port"),
        (("--workers", "0"), 4, "workers"),
        (("--tls-cert", "cert.pem"), 4, "certificate"),
        (("--tls-cert", "no.pem", "--tls-key", "no.pem"), 4, "PEM files that can be read"),
        (("--host", "192.0.2.1"), 4, "192.0.2.1"),
    ],
)
def test_a_server_that_cannot_start(tmp_path: Path, arguments: tuple[str, ...], code: int, expected: str) -> None:
    """A server that cannot start says why, in a sentence, and ends with the code for it."""
    ran = command("serve", "--data", str(tmp_path / "data"), *arguments)
    assert (ran.code, ran.out) == (code, "")
    assert expected in ran.err
    assert "Traceback" not in ran.err


def test_an_address_that_is_taken(tmp_path: Path, served: Served) -> None:
    """A port that somebody else listens on is refused with another one to try."""
    port = served.url.rpartition(":")[2]
    ran = command("serve", "--data", str(tmp_path / "data"), "--port", port)
    assert ran.code == 4
    assert "--port" in ran.err


@pytest.mark.parametrize("sign", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)])
def test_a_first_start_and_its_end(empty: Path, tmp_path: Path, sign: signal.Signals) -> None:
    """Where nobody administers yet, a link that makes the first administrator is printed; a signal ends it with 0."""
    data = tmp_path / "data"
    subprocess.run(["cp", "-r", empty, data], check=True)
    with serve(data) as server:
        assert server.process.stdout is not None
        setup = server.process.stdout.readline().split()[-1]
        assert setup.startswith(f"{server.url}/app/setup/")
        body = {"secret": setup.rpartition("/")[2], "name": "me", "password": "password-m"}
        with httpx2.Client(trust_env=False, timeout=PATIENCE) as http:
            assert http.post(f"{server.url}/api/v1/setup", json=body).status_code == 201
        assert server.end(sign) == 0
    assert not (data / "server.json").exists()
    assert [one["name"] for one in in_process("user", "list", "--data", str(data), "--json").json] == ["me"]


@pytest.mark.parametrize("workers", ["1", pytest.param("2", marks=pytest.mark.slow)])
def test_ctrl_c_in_a_terminal(settled: Path, tmp_path: Path, workers: str) -> None:
    """Ctrl-C reaches every process in front of a terminal, up or not: the server ends with 0, and without noise.

    Nor does it run what lies in the folder it is started in.
    """
    data = shutil.copytree(settled, tmp_path / "data")
    (tmp_path / "asyncio.py").write_text("raise SystemExit('this is none of ours')")
    fixed = ("serve", "--data", str(data), "--port", "0", "--workers", workers)
    process = subprocess.Popen(
        [*PROGRAM, *fixed],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path, start_new_session=True,
        env=environment(COMMONHOLD_LOG_LEVEL="warning"),
    )  # fmt: skip
    with process:
        first_line(process)
        os.killpg(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=PATIENCE)
        assert (process.returncode, err) == (0, "")


def test_arguments_hold_no_secrets(settled: Path, tmp_path: Path) -> None:
    """What `share` becomes when it serves shows neither password nor link to those who list processes."""
    (tmp_path / "a.txt").write_text("x")
    data = shutil.copytree(settled, tmp_path / "data")
    fixed = ("share", "a.txt", "--data", str(data), "--json", "--port", "0")
    with started(*fixed, "--password", "swordfish", cwd=tmp_path) as process:
        link = json.loads(first_line(process))["link"]
        with httpx2.Client(trust_env=False, timeout=PATIENCE) as http:
            page = http.get(link, headers={"accept": "text/html"})
        assert page.status_code == 200
        assert "password" in page.text.lower()
        shown = Path(f"/proc/{process.pid}/cmdline").read_bytes()
        environ = Path(f"/proc/{process.pid}/environ").read_bytes()
        assert b"commonhold.cli.server" in shown
        assert b"swordfish" not in shown + environ
        assert link.rpartition("/")[2].encode() not in shown + environ
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 0


SCRIPT = """
import json, os, signal, sys, threading, urllib.request
from pathlib import Path

def ask():
    address = Path(sys.argv[1]) / "server.json"
    while not address.exists():
        threading.Event().wait(0.05)
    url = json.loads(address.read_text())["url"]
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for path in ("/healthz", "/readyz", "/app/sign-in", "/api/v1/openapi.json"):
        opener.open(url + path).read()
    rss = next(line for line in open("/proc/self/status") if line.startswith("VmRSS")).split()[1]
    print("MODULES", json.dumps(sorted(sys.modules)), flush=True)
    print("RSS", rss, flush=True)
    os.kill(os.getpid(), signal.SIGINT)

threading.Thread(target=ask, daemon=True).start()
sys.argv[1:] = ["serve", "--data", sys.argv[1], "--port", "0"]
from commonhold.cli import main
sys.argv[0:] = ["commonhold", *sys.argv[1:]]
asked = sys.argv
main()
"""


def test_a_serving_process_is_lean(settled: Path, tmp_path: Path) -> None:
    """A serving process that has answered holds no command line, no migrations, no mail, and less than 80 MB."""
    data = tmp_path / "data"
    subprocess.run(["cp", "-r", settled, data], check=True)
    script = SCRIPT.replace(
        'sys.argv[1:] = ["serve", "--data", sys.argv[1]', f'sys.argv[1:] = ["serve", "--data", {str(data)!r}'
    )
    script = script.replace("Path(sys.argv[1])", f"Path({str(data)!r})")
    done = subprocess.run(
        [sys.executable, "-P", "-c", script],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env=environment(COMMONHOLD_WORKER="false"),
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = dict(line.split(" ", 1) for line in done.stdout.splitlines() if line.startswith(("MODULES", "RSS")))
    loaded = {name.split(".")[0] for name in json.loads(lines["MODULES"])}
    assert loaded.isdisjoint(HEAVY), loaded & set(HEAVY)
    assert int(lines["RSS"]) < 80 * 1024


@pytest.mark.slow
def test_several_workers(settled: Path, tmp_path: Path) -> None:
    """Several processes serve one directory on one socket; killed ones come back; all end with the leading one."""
    data = tmp_path / "data"
    subprocess.run(["cp", "-r", settled, data], check=True)
    with serve(data, "--workers", "2", "--no-worker") as server:
        assert _ready(server)
        children = _children(server.process.pid)
        assert len(children) == 2
        for child in children:
            os.kill(child, signal.SIGKILL)
        assert _ready(server)
        children = _children(server.process.pid)
        assert server.end() == 0
    assert not any(Path(f"/proc/{child}").exists() for child in children)


def _ready(server: Served) -> bool:
    """Ask over a connection of its own."""
    return httpx2.get(f"{server.url}/readyz", trust_env=False, timeout=PATIENCE).text == "ready\n"


def _children(process: int) -> list[int]:
    path = Path(f"/proc/{process}/task/{process}/children")
    return [int(child) for child in path.read_text().split()] if path.exists() else []
