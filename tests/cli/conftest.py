"""The command line as tests run it: in this process where that is possible, on a data directory of their own."""

import contextlib
import functools
import io
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from tests.cli.running import Ran, Served, serve
from typer.main import get_command

from commonhold.cli.program import run


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory as the program makes it, before anybody is in it."""
    data = tmp_path_factory.mktemp("empty") / "data"
    ran = in_process("user", "list", "--data", str(data))
    assert ran.code == 0, ran.err
    return data


PEOPLE = (
    ("user", "add", "alice", "--email", "alice@example.org", "--password", "password-a", "--admin"),
    ("user", "add", "bob", "--email", "bob@example.org", "--password", "password-b"),
    ("user", "add", "carol"),
    ("group", "add", "Team", "--owner", "alice", "--member", "bob"),
)


@pytest.fixture(scope="session")
def settled(empty: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with an administrator (alice), bob, carol, and a team in which bob is."""
    data = Path(shutil.copytree(empty, tmp_path_factory.mktemp("settled") / "data"))
    for arguments in PEOPLE:
        ran = in_process(*arguments, "--data", str(data))
        assert ran.code == 0, ran.err
    return data


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of the test's own to work in; no data directory or server is found by chance."""
    for name in ("COMMONHOLD_DATA", "COMMONHOLD_URL", "COMMONHOLD_TOKEN", "COMMONHOLD_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def cli(empty: Path, alone: Path) -> Callable[..., Ran]:
    """Run a command on a data directory of the test's own, with nobody in it."""
    return partial(_run_on, Path(shutil.copytree(empty, alone / "data")))


@pytest.fixture
def town(settled: Path, alone: Path) -> Callable[..., Ran]:
    """Run a command on a data directory of the test's own, with people in it."""
    return partial(_run_on, Path(shutil.copytree(settled, alone / "data")))


def _run_on(data: Path, *arguments: str, stdin: str = "") -> Ran:
    return in_process(*arguments, "--data", str(data), stdin=stdin)


@pytest.fixture(scope="module")
def served(settled: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server in a process of its own, on a data directory with people in it, for all tests of a module."""
    with serve(Path(shutil.copytree(settled, tmp_path_factory.mktemp("served") / "data"))) as server:
        yield server


def in_process(*arguments: str, stdin: str = "") -> Ran:
    """Run a command in this process."""
    out, err = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.StringIO()
    code: object = 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), _stdin(stdin), _built_once():
        try:
            run(list(arguments))
        except SystemExit as left:
            code = left.code
    out.flush()
    return Ran(int(str(code or 0)), out.buffer.getvalue().decode(), err.getvalue())


_command = functools.cache(get_command)


@contextlib.contextmanager
def _built_once() -> Iterator[None]:
    """Keep the tree of commands from call to call, which typer otherwise makes anew in each."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("typer.main.get_command", _command)
        yield


@contextlib.contextmanager
def _stdin(text: str) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode()), "utf-8"))
        yield
