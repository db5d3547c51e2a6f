"""Faces are found in folders and by entry points."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from commonhold.http.discovery import find_faces

SOURCE = """
from commonhold.http.face import Face
from commonhold.http.replies import problem_json
FACE = Face("{name}", ("/{name}",), (), problem_json)
"""


@pytest.fixture
def package(tmp_path: Path) -> Iterator[str]:
    """A package with two faces, a broken one, and a folder that is none."""
    sys.path.insert(0, str(tmp_path))
    root = tmp_path / "somefaces"
    for name in ("one", "two", "wrong", "none"):
        (root / name).mkdir(parents=True)
        (root / name / "__init__.py").touch()
    (root / "__init__.py").touch()
    (root / "one" / "face.py").write_text(SOURCE.format(name="one"))
    (root / "two" / "face.py").write_text(SOURCE.format(name="two"))
    (root / "wrong" / "face.py").write_text("FACE = 3")
    yield "somefaces"
    sys.path.remove(str(tmp_path))
    for name in [name for name in sys.modules if name.startswith("somefaces")]:
        del sys.modules[name]


def test_folders_with_a_face_are_faces(package: str) -> None:
    """Each folder with a face module is one; what is not wanted is not imported, what is no face is named."""
    assert [face.name for face in find_faces(package, lambda name: name != "wrong")] == ["one", "two"]
    assert [face.name for face in find_faces(package, lambda name: name == "two")] == ["two"]
    assert "somefaces.wrong.face" not in sys.modules
    with pytest.raises(ValueError, match="wrong"):
        find_faces(package)


def test_our_own_faces_are_found() -> None:
    """The native face is found in its folder."""
    assert [face.name for face in find_faces("commonhold.faces", lambda name: name == "native")] == ["native"]


def test_other_distributions_add_faces(package: str, tmp_path: Path) -> None:
    """An installed distribution adds a face by an entry point; one whose name is taken is refused."""
    info = tmp_path / "extra-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: extra\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[commonhold.faces]\ntwo = somefaces.two.face:FACE\n")
    assert "two" in [face.name for face in find_faces("commonhold.faces", lambda name: name in ("two", "native"))]
    with pytest.raises(ValueError, match="two faces are called 'two'"):
        find_faces(package, lambda name: name == "two")
