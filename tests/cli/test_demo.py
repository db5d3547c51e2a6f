"""The demonstration: what it makes, and that what it says can be typed works as it says."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import puremagic
import pytest
from tests.cli.conftest import in_process
from tests.cli.running import PATIENCE, Ran, environment, serve

from commonhold.cli.demo.pictures import pdf, png

Cli = Callable[..., Ran]


@pytest.fixture(scope="module")
def town_told(empty: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A directory that the demonstration has filled, and what it told."""
    data = Path(shutil.copytree(empty, tmp_path_factory.mktemp("demo") / "data"))
    ran = in_process("demo", "--data", str(data), "--json")
    assert ran.code == 0, ran.err
    return data, ran.json


def test_shares_of_every_kind(town_told: tuple[Path, dict[str, Any]]) -> None:
    """There are shares with users, groups, an organisation, everyone, an address and links; each works as it says."""
    data, told = town_told
    shares = told["shares"]
    kinds = {one["to"]["kind"] if isinstance(one["to"], dict) else "name" for one in shares}
    assert kinds == {"name", "group", "org", "everyone", "link"}
    states = {}
    for name in ("alice", "bob", "carol", "erin"):
        for one in in_process("shares", "list", "--data", str(data), "--as", name, "--json").json:
            states[one["uid"]] = one
    said = {one["said"]: states.get(one["uid"]) for one in shares}
    assert said["given, and withdrawn again"] is None
    assert (said["a link for three openings, for a week"] or {})["max_uses"] == 3
    assert (said["with an address that has no account yet"] or {})["recipient"]["kind"] == "mail"
    assert (said["a link for uploads only"] or {})["role"] == "uploader"
    assert (said["passed on: it lives and dies with bob's"] or {})["recipient"]["name"] == "dave"


def test_audience_and_why_are_told(town_told: tuple[Path, dict[str, Any]]) -> None:
    """The audience names the group that holds groups, and the reasons name both ways in which dave reads the plan."""
    _, told = town_told
    assert [one["who"]["name"] for one in told["audience"]] == ["alice", "Company"]
    reasons = told["why"]["reasons"]
    assert [one["backers"][0]["name"] for one in reasons] == ["bob", "alice"]
    assert [one["through"] and one["through"]["name"] for one in reasons] == [None, "Company"]


def test_the_closed_folder(town_told: tuple[Path, dict[str, Any]]) -> None:
    """What is shared above ends at the door of the closed folder."""
    data, _ = town_told
    seen = in_process("item", "ls", "/alice/Garden", "--data", str(data), "--as", "bob", "--json").json
    assert "plan.md" in [one["name"] for one in seen]
    assert "Private" not in [one["name"] for one in seen]


def test_the_table(town_told: tuple[Path, dict[str, Any]]) -> None:
    """The table is read as its rules say, and the one row that is shared with a guest stands in his list."""
    data, _ = town_told
    shared = in_process("shares", "list", "--received", "--data", str(data), "--as", "frank", "--json").json
    assert {"record", "folder"} == {one["item"]["kind"] for one in shared}


def test_only_an_empty_directory_is_filled(town: Cli) -> None:
    """A directory in which people live is refused, and nothing is added to it."""
    before = town("user", "list", "--json").json
    refused = town("demo")
    assert (refused.code, "empty directory" in refused.err) == (1, True)
    assert town("user", "list", "--json").json == before


def test_it_tells_people_what_to_try(empty: Path, alone: Path) -> None:
    """For people, it prints log-ins, links, the audience, the reasons and what to type."""
    data = Path(shutil.copytree(empty, alone / "data"))
    told = in_process("demo", "--data", str(data)).out
    for expected in ("try-it-out", "open sesame", "/s/", "Company", "in turn by alice", "curl -s", "commonhold serve"):
        assert expected in told


def test_pictures_are_pictures() -> None:
    """The picture is a PNG, the page a PDF, and both are small."""
    assert puremagic.from_string(png(), mime=True) == "image/png"
    assert puremagic.from_string(pdf(["Hello"]), mime=True) == "application/pdf"
    assert len(png()) < 50_000


@pytest.mark.slow
@pytest.mark.debian("curl")
def test_what_it_says_can_be_typed(empty: Path, alone: Path) -> None:
    """Typed into a shell while the town is served, every line that is printed works."""
    data = Path(shutil.copytree(empty, alone / "data"))
    script = alone / "bin"
    script.mkdir()
    (script / "commonhold").write_text(f'#!/bin/sh\nexec {sys.executable} -P -m commonhold "$@"\n')
    (script / "commonhold").chmod(0o755)
    with serve(data) as server:
        lines = in_process("demo", "--data", str(data), "--json").json["try"]
        assert all("--fail" not in line for line in lines)
        typed = "\n".join(line.replace("curl -s", "curl -s --fail --noproxy '*'") for line in lines)
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", typed],
            capture_output=True,
            text=True,
            cwd=alone,
            timeout=PATIENCE * 2,
            env=environment(PATH=f"{script}:/usr/bin:/bin"),
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert server.process.poll() is None
    assert (alone / "beds.png").read_bytes() == png()
    assert "The garden behind the house" in done.stdout
    assert "given by bob, in turn by alice" in done.stdout
    assert "Dahlia" in done.stdout
