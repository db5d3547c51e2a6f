"""Bytes over the native API: put, got in parts, kept as versions, as one archive."""

import io
import zipfile

from tests.faces.native.town import Client, Town


async def test_a_file_is_put_and_got(town: Town) -> None:
    """A file comes back byte for byte, as a download under its name, with its type told by name and bytes."""
    uid = await town.file("alice", "notes.txt", b"hello world")
    got = await town.alice("GET", f"/items/{uid}/content")
    assert (got.status, got.body) == (200, b"hello world")
    assert got.headers["content-type"] == "text/plain"
    assert got.headers["content-disposition"] == 'attachment; filename="notes.txt"'
    assert got.headers["content-security-policy"].endswith("sandbox")
    shown = await town.alice("GET", f"/items/{uid}/content", params={"inline": "true"})
    assert shown.headers["content-disposition"].startswith("inline")


async def test_head_tells_the_same_without_the_bytes(town: Town) -> None:
    """HEAD has the headers of GET, the length included, and no body."""
    uid = await town.file("alice", "notes.txt", b"hello world")
    got, told = [await town.alice(method, f"/items/{uid}/content") for method in ("GET", "HEAD")]
    changing = ("x-request-id",)
    assert {k: v for k, v in got.headers.items() if k not in changing} == {
        k: v for k, v in told.headers.items() if k not in changing
    }
    assert told.body == b""


async def test_ranges_and_conditions(town: Town) -> None:
    """A range brings its part, one outside is refused with the size, an unchanged content is not sent again."""
    uid = await town.file("alice", "notes.txt", b"hello world")
    part = await town.alice("GET", f"/items/{uid}/content", headers={"range": "bytes=6-"})
    assert (part.status, part.body, part.headers["content-range"]) == (206, b"world", "bytes 6-10/11")
    out = await town.alice("GET", f"/items/{uid}/content", headers={"range": "bytes=99-"})
    assert (out.problem, out.headers["content-range"]) == ((416, "bad_range", "Range"), "bytes */11")
    tag = {"if-none-match": part.headers["etag"]}
    assert (await town.alice("GET", f"/items/{uid}/content", headers=tag)).status == 304


async def test_new_content_is_a_version(town: Town) -> None:
    """What a file held before is kept, can be read by its writers, and brought back; the current one cannot go."""
    uid = await town.file("alice", "a.txt", b"one")
    tag = (await town.alice("GET", f"/items/{uid}/content")).headers["etag"]
    put = await town.alice("PUT", f"/items/{uid}/content", content=b"two", headers={"if-match": tag})
    assert put.status == 200
    stale = await town.alice("PUT", f"/items/{uid}/content", content=b"three", headers={"if-match": tag})
    assert stale.problem[:2] == (412, "precondition_failed")
    listed = (await town.alice.ok("GET", f"/items/{uid}/versions"))["data"]
    assert [(one["version"], one["size"], one["current"]) for one in listed] == [(2, 3, True), (1, 3, False)]
    assert (await town.alice("GET", f"/items/{uid}/content", params={"version": 1})).body == b"one"
    await town.alice.ok("POST", f"/items/{uid}/versions/1/restore")
    assert (await town.alice("GET", f"/items/{uid}/content")).body == b"one"
    assert (await town.alice("DELETE", f"/items/{uid}/versions/2")).status == 204
    assert (await town.alice("DELETE", f"/items/{uid}/versions/99")).problem[:2] == (404, "not_found")
    assert (await town.alice("DELETE", f"/items/{uid}/versions/x")).problem[:2] == (404, "not_found")


async def test_a_form_brings_several_files(town: Town) -> None:
    """Each file of a form is stored, or refused, for itself and in its place."""
    home = await town.home("alice")
    files = [("file", ("a.txt", b"a")), ("file", ("..", b"b")), ("file", ("c.txt", b"c", "text/csv"))]
    done = await town.alice("POST", f"/items/{home}/files", files=files)
    assert done.status == 201
    first, second, third = done.json["files"]
    assert (first["item"]["name"], first["problem"]) == ("a.txt", None)
    assert (second["item"], second["problem"]["code"]) == (None, "name_forbidden")
    assert third["item"]["media_type"] == "text/csv"
    again = await town.alice("POST", f"/items/{home}/files", files=files[:1])
    assert again.problem[:2] == (409, "name_collides")
    assert (await town.alice("POST", f"/items/{home}/files", files=[("x", (None, b"y"))])).problem[1] == "missing_field"
    renamed = await town.alice.ok("POST", f"/items/{home}/files?on_collision=rename", files=files[:1])
    assert renamed["files"][0]["item"]["name"] == "a (2).txt"


async def test_a_folder_is_one_archive(town: Town) -> None:
    """A folder comes as a ZIP with everything in it that the caller may download."""
    folder = await town.folder("alice", "stuff")
    deeper = await town.folder("alice", "deep", folder)
    await town.file("alice", "a.txt", b"a", folder)
    await town.file("alice", "b.txt", b"b" * 300_000, deeper)
    got = await town.alice("GET", f"/items/{folder}/zip")
    assert got.headers["content-disposition"] == 'attachment; filename="stuff.zip"'
    with zipfile.ZipFile(io.BytesIO(got.body)) as archive:
        assert {name: archive.getinfo(name).file_size for name in archive.namelist()} == {
            "a.txt": 1,
            "deep/": 0,
            "deep/b.txt": 300_000,
        }
    await town.share("alice", folder, "bob", role="previewer")
    assert (await town.bob("GET", f"/items/{folder}/zip")).problem[:2] == (403, "forbidden")
    one = await town.file("alice", "c.txt")
    assert (await town.alice("GET", f"/items/{one}/zip")).problem[:2] == (422, "not_a_folder")


async def test_an_uploader_learns_nothing(town: Town) -> None:
    """Whoever may only put things into a folder gets his name echoed, and reads neither folder nor file."""
    folder = await town.folder("alice", "drop")
    await town.file("alice", "a.txt", b"hers", folder)
    await town.share("alice", folder, "bob", role="uploader")
    put = await town.bob("PUT", f"/items/{folder}/children/a.txt", content=b"his")
    assert (put.status, put.json["name"]) == (201, "a.txt")
    for path in (f"/items/{folder}", f"/items/{folder}/children", f"/items/{put.json['uid']}/content"):
        assert (await town.bob("GET", path)).problem[:2] == (404, "unknown_item")
    names = [one["name"] for one in (await town.alice.ok("GET", f"/items/{folder}/children"))["data"]]
    assert names == ["a (2).txt", "a.txt"]


async def test_a_pass_reads_what_its_link_reaches(town: Town) -> None:
    """The pass of an opened link reads as bearer token, in a header, or as a cookie; and dies with the link."""
    folder = await town.folder("alice", "public")
    uid = await town.file("alice", "a.txt", b"hello", folder)
    other = await town.file("alice", "b.txt")
    link = await town.link("alice", folder)
    holder = await town.open(link["link"]["secret"])
    assert (await holder("GET", f"/items/{uid}/content")).body == b"hello"
    assert (await holder("GET", f"/items/{other}/content")).problem[:2] == (404, "unknown_item")
    headed = {"commonhold-pass": holder.token or ""}
    assert (await town.bob("GET", f"/items/{uid}/content", headers=headed)).body == b"hello"
    browser = Client(town.app)
    opened = await browser("POST", f"/links/{link['link']['secret']}/open", {"cookie": True})
    assert "token" not in opened.json
    assert "HttpOnly" in opened.headers["set-cookie"]
    assert (await browser("GET", f"/items/{uid}/content")).body == b"hello"
    await town.alice.ok("DELETE", f"/shares/{link['share']}")
    for client in (holder, browser):
        assert (await client("GET", f"/items/{uid}/content")).status in (401, 404)
