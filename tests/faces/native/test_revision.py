"""The revision: told by each write, and taken by each read that must not be older."""

from tests.faces.native.town import Town


async def test_writes_tell_their_revision_and_reads_take_it(town: Town) -> None:
    """A write says at which revision it stands; a read that names it sees it; reads tell none."""
    home = await town.home("alice")
    made = await town.alice("POST", f"/items/{home}/children", {"kind": "folder", "name": "a"})
    revision = made.headers["commonhold-revision"]
    seen = await town.alice("GET", f"/items/{made.json['uid']}", headers={"commonhold-revision": revision})
    assert seen.status == 200
    assert "commonhold-revision" not in seen.headers
    assert int((await town.alice("DELETE", f"/items/{made.json['uid']}")).headers["commonhold-revision"]) > int(
        revision
    )


async def test_a_revision_of_the_future_is_refused(town: Town) -> None:
    """A revision that this server has not reached yet, and one that is no number, are refused."""
    for value, code in (("999999999", "future_revision"), ("x", "invalid_field"), ("-1", "invalid_field")):
        refused = await town.alice("GET", "/home", headers={"commonhold-revision": value})
        assert refused.problem == (400, code, "Commonhold-Revision")
