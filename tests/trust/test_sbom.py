"""What the program is made of is known: its bill of materials, and the licence of each part."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.house.source import ROOT

SCRIPT = ROOT / "scripts" / "sbom"
COPYLEFT = ("GPL", "AGPL", "SSPL", "BUSL", "unknown")


def sbom(*arguments: str) -> str:
    """Run the script."""
    return subprocess.run([sys.executable, str(SCRIPT), *arguments], check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def bill(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The bill of materials, as the script writes it."""
    file: Path = tmp_path_factory.mktemp("sbom") / "sbom.cdx.json"
    sbom(str(file))
    return json.loads(file.read_text("utf-8"))


@pytest.mark.slow
def test_the_page_of_licences_is_current() -> None:
    """The page names what the lock installs: it was written after the last change."""
    page = (ROOT / "docs" / "reference" / "licences.md").read_text("utf-8")
    assert sbom("--show") == page, "run scripts/sbom --licences"
    assert not any(word in page for word in COPYLEFT)


@pytest.mark.slow
def test_the_bill_names_every_part(bill: Any) -> None:
    """Each part has a version, a licence, a digest and a name that other programs know, and what it needs is listed."""
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    parts = {part["name"]: part for part in bill["components"]}
    assert {"starlette", "msgspec", "uvicorn", "sqlalchemy", "argon2-cffi"} <= parts.keys()
    assert not parts.keys() & {"pytest", "ruff", "mypy", "playwright"}
    for name, part in parts.items():
        assert part["purl"] == f"pkg:pypi/{name}@{part['version']}"
        assert part["licenses"][0]["expression"] != "unknown"
        assert all(len(one["content"]) == 64 for one in part["hashes"])
        assert part["hashes"], name
    refs = {part["bom-ref"] for part in parts.values()} | {bill["metadata"]["component"]["bom-ref"]}
    assert {edge["ref"] for edge in bill["dependencies"]} == refs
    assert {one for edge in bill["dependencies"] for one in edge["dependsOn"]} <= refs


@pytest.mark.slow
def test_another_licence_is_refused(tmp_path: Path) -> None:
    """A part under a licence that is not in the list stops the script."""
    text = (
        SCRIPT.read_text("utf-8").replace('"PSF-2.0"}', '"none"}').replace("parents[1]", f"parents[0] / {str(ROOT)!r}")
    )
    other = tmp_path / "sbom"
    other.write_text(text, "utf-8")
    ran = subprocess.run([sys.executable, str(other), "--show"], check=False, capture_output=True, text=True)
    assert ran.returncode == 1
    assert "defusedxml" in ran.stderr
