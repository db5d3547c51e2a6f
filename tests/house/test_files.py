"""What no file of the repository may hold."""

import re
from pathlib import Path

import pytest
from tests.house.source import ROOT, complain, tracked

LARGEST = 400 * 1024
LOCK = "uv.lock"  # written by uv: it names the registry, and is as large as it must be
# Words are put together here, so that this file does not hold what it looks for.
RULES = {
    "a path of one machine": (
        re.compile(r"(?<![\w.}/-])/(?:wo" + r"rk|ho" + r"me|ro" + r"ot|Us" + r"ers)/"),
        "use a path relative to the repository, tmp_path, or a setting.",
    ),
    "the host of a package registry": (
        re.compile(r"(?:py" + r"pi\.org|python" + r"hosted\.org|np" + r"mjs\.|deb\.deb" + r"ian\.org|ghcr" + r"\.io)"),
        "name the package and let pip, uv, npm and apt find it where they are told to look.",
    ),
    "unfinished work": (
        re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|X" + r"XX|HA" + r"CK)\b"),
        "do it now, or file an issue and name the limit in the docs.",
    ),
}


def text_of(path: Path) -> str:
    """The text of a file; a picture or another binary has none."""
    data = path.read_bytes()
    return "" if b"\0" in data[:8192] else data.decode("utf-8", errors="replace")


def held(rule: str, text: str) -> list[str]:
    """Line numbers and lines that break the rule."""
    lines = enumerate(text.splitlines(), 1)
    return [f"{number}: {line.strip()[:120]}" for number, line in lines if RULES[rule][0].search(line)]


@pytest.mark.parametrize("rule", RULES)
def test_no_file_holds(rule: str) -> None:
    """No file names a path of one machine, a registry's host, or unfinished work."""
    files = [path for path in tracked() if path.name != LOCK]
    complaints = [f"{path.relative_to(ROOT)}:{line}" for path in files for line in held(rule, text_of(path))]
    complain(complaints, RULES[rule][1])


def test_no_file_is_large() -> None:
    """No file is larger than 400 KB; what tests need at that size they make."""
    large = [path for path in tracked() if path.stat().st_size > LARGEST and path.name != LOCK]
    complain([f"{path.relative_to(ROOT)}: {path.stat().st_size} bytes" for path in large], "generate it in the test.")


def test_lock_names_the_public_registry() -> None:
    """The lock can be used by everybody: it names no mirror and no file of one machine."""
    sources = set(re.findall(r'source = \{ (\w+) = "([^"]*)" \}', (ROOT / LOCK).read_text(encoding="utf-8")))
    assert {kind for kind, _ in sources} <= {"registry", "editable"}
    assert {where for kind, where in sources if kind == "registry"} == {"https://py" + "pi.org/simple"}


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("a path of one machine", "open('/ho" + "me/ann/x')"),
        ("the host of a package registry", "pip --index-url https://py" + "pi.org/simple"),
        ("unfinished work", "# TO" + "DO later"),
    ],
)
def test_rules_see(rule: str, text: str) -> None:
    """Each rule sees an example of what it is about, and passes an ordinary line."""
    assert held(rule, text)
    assert not held(rule, "see https://example.org/home/page and docs/work/today")
