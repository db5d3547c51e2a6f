"""A real S3 server for tests: a Ceph of one machine that keeps everything in memory, with its object gateway."""

import contextlib
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from msgspec import Struct

PROGRAMS: Final = (
    "ceph",
    "ceph-authtool",
    "monmaptool",
    "ceph-mon",
    "ceph-osd",
    "ceph-mgr",
    "radosgw",
    "radosgw-admin",
)
PATIENCE: Final = 180.0  # seconds: machines that run tests are busy

CONFIG: Final = """
[global]
fsid = {fsid}
mon host = [v2:127.0.0.1:{v2},v1:127.0.0.1:{v1}]
public addr = 127.0.0.1
public network = 127.0.0.0/8
cluster network = 127.0.0.0/8
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
osd crush chooseleaf type = 0
osd objectstore = memstore
memstore device bytes = 4294967296
mon allow pool size one = true
mon max pg per osd = 500
run dir = {folder}
admin socket = {folder}/$cluster-$name.asok
log file = {folder}/$name.log
pid file = {folder}/$name.pid
crash dir = {folder}
keyring = {folder}/keyring
mon data = {folder}/mon
osd data = {folder}/osd
mgr data = {folder}/mgr
mgr initial modules =
[client.admin]
rgw frontends = beast endpoint=127.0.0.1:{http}
rgw data = {folder}/rgw
rgw dynamic resharding = false
"""


class Bucket(Struct, frozen=True):
    """A gateway that answers, a bucket in it, and who may use it."""

    endpoint: str
    name: str
    access_key: str
    secret_key: str

    def url(self, name: str | None = None) -> str:
        """Return the address of the bucket, or of another one, as the setting takes it."""
        return f"s3://{name or self.name}/tests?endpoint={self.endpoint}&region=default"


def missing() -> list[str]:
    """Name what is not on this machine."""
    return [program for program in PROGRAMS if shutil.which(program) is None]


def _free() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


class _Cluster:
    """The daemons, and commands to them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = folder / "ceph.conf"
        self.fsid = str(uuid.uuid4())
        self.ports = {"v1": _free(), "v2": _free(), "http": _free()}
        for name in ("mon", "osd", "mgr", "rgw"):
            (folder / name).mkdir()
        self.config.write_text(CONFIG.format(folder=folder, fsid=self.fsid, **self.ports))
        self.daemons: list[subprocess.Popen[bytes]] = []

    def run(self, *command: str) -> str:
        told = [command[0], "-c", str(self.config), *command[1:]]
        done = subprocess.run(told, capture_output=True, text=True, check=False, timeout=PATIENCE)
        assert done.returncode == 0, f"{' '.join(told)}: {done.stderr or done.stdout}"
        return done.stdout

    def start(self, *command: str) -> None:
        with (self.folder / f"{command[0]}.out").open("wb") as out:
            told = [command[0], "-c", str(self.config), "-f", *command[1:]]
            self.daemons.append(subprocess.Popen(told, stdout=out, stderr=subprocess.STDOUT))

    def stop(self) -> None:
        for daemon in reversed(self.daemons):
            daemon.kill()
            daemon.wait()


@contextlib.contextmanager
def gateway(folder: Path) -> Iterator[Bucket]:
    """Start everything in an empty folder with a short path, make a user and a bucket, and take it all down again."""
    cluster = _Cluster(folder)
    try:
        _monitor(cluster)
        _storage(cluster)
        yield _gateway(cluster)
    finally:
        cluster.stop()


def _monitor(cluster: _Cluster) -> None:
    keyring, folder = str(cluster.folder / "keyring"), cluster.folder
    everything = ("--cap", "mon", "allow *", "--cap", "osd", "allow *", "--cap", "mgr", "allow *")
    cluster.run("ceph-authtool", "--create-keyring", keyring, "--gen-key", "-n", "mon.", "--cap", "mon", "allow *")
    cluster.run("ceph-authtool", keyring, "--gen-key", "-n", "client.admin", *everything)
    addresses = f"[v2:127.0.0.1:{cluster.ports['v2']},v1:127.0.0.1:{cluster.ports['v1']}]"
    places = str(folder / "monmap")
    cluster.run("monmaptool", "--create", "--clobber", "--addv", "a", addresses, "--fsid", cluster.fsid, places)
    cluster.run("ceph-mon", "--mkfs", "-i", "a", "--monmap", places, "--keyring", keyring)
    cluster.start("ceph-mon", "-i", "a")
    cluster.run(
        "ceph", "--connect-timeout", "30", "config", "set", "mon", "auth_allow_insecure_global_id_reclaim", "false"
    )


def _storage(cluster: _Cluster) -> None:
    folder = cluster.folder
    manager = cluster.run(
        "ceph", "auth", "get-or-create", "mgr.x", "mon", "allow *", "osd", "allow *", "mds", "allow *"
    )
    (folder / "mgr" / "keyring").write_text(manager)
    cluster.start("ceph-mgr", "-i", "x", "--keyring", str(folder / "mgr" / "keyring"))
    disk = str(uuid.uuid4())
    cluster.run("ceph", "osd", "new", disk)
    key = cluster.run("ceph", "auth", "get-or-create", "osd.0", "mon", "allow profile osd", "osd", "allow *")
    (folder / "osd" / "keyring").write_text(key)
    told = ("-i", "0", "--osd-uuid", disk, "--keyring", str(folder / "osd" / "keyring"))
    cluster.run("ceph-osd", *told, "--mkfs")
    cluster.start("ceph-osd", *told)


def _gateway(cluster: _Cluster) -> Bucket:
    cluster.start("radosgw", "-n", "client.admin")
    endpoint = f"http://127.0.0.1:{cluster.ports['http']}"
    until = time.monotonic() + PATIENCE
    while not _answers(endpoint):
        assert time.monotonic() < until, (cluster.folder / "radosgw.out").read_text(errors="replace")[-2000:]
        time.sleep(0.2)
    access, secret = secrets.token_hex(8), secrets.token_hex(16)
    cluster.run(
        "radosgw-admin", "user", "create", "--uid", "tests", "--display-name", "Tests",
        "--access-key", access, "--secret", secret,
    )  # fmt: skip
    return Bucket(endpoint, "commonhold", access, secret)


def _answers(endpoint: str) -> bool:
    try:
        with urllib.request.urlopen(endpoint, timeout=2):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


def short_folder() -> Path:
    """Return a folder for sockets, whose paths may not be long: straight in the one for temporary files."""
    return Path(tempfile.mkdtemp(prefix="ch-"))
