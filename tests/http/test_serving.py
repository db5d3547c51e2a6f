"""Files handed over to the web server in front, where settings say that it sends them."""

from pathlib import Path

from tests.faces.native.town import settle

from commonhold.blobs.folder import FolderBlobs
from commonhold.settings.values import Settings
from commonhold.testing.core import TestClock, make_core


async def test_the_web_server_in_front_sends_the_bytes(tmp_path: Path) -> None:
    """Policy is asked as ever; the answer has no body, the place of the file, and its name and type."""
    core = make_core(blobs=FolderBlobs(tmp_path / "blobs"), clock=TestClock())
    town = await settle(core, Settings(data=tmp_path, x_accel="/bytes"))
    uid = await town.file("alice", "a b.txt", b"hello")
    got = await town.alice("GET", f"/items/{uid}/content", headers={"range": "bytes=0-1"})
    place = got.headers["x-accel-redirect"]
    assert (got.status, got.body, place[:7]) == (200, b"", "/bytes/")
    assert (tmp_path / "blobs" / place.removeprefix("/bytes/")).read_bytes() == b"hello"
    assert got.headers["content-type"] == "text/plain"
    assert got.headers["content-disposition"] == 'attachment; filename="a b.txt"'
    refused = await town.mallory("GET", f"/items/{uid}/content")
    assert (refused.status, "x-accel-redirect" in refused.headers) == (404, False)
    await core.blobs.close()
