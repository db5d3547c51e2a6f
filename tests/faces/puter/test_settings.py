"""What settings change, and what the wire carries: unconfirmed sharers, limits, a prefix, the status 218."""

import httpx2
from tests.faces.puter.town import Town, again
from tests.faces.towns import copied
from tests.http.peer import serving

from commonhold.core.limits import Limits
from commonhold.settings.values import FaceSettings, Settings
from commonhold.testing.core import CountedSecrets, make_core

A = "/alice/a.txt"


def town_with(furnished: Town, settings: Settings, limits: Limits | None = None) -> Town:
    """Return the town under other settings."""
    core = make_core(
        store=copied(furnished), blobs=furnished.core.blobs, secrets=CountedSecrets(b"later"), limits=limits
    )
    return again(furnished, core, settings)


async def test_unconfirmed_sharers(furnished: Town) -> None:
    """Somebody with an unconfirmed address shares where settings say so; somebody without any address everywhere."""
    body = {"recipients": ["bob"], "paths": ["/ursula/u.txt"]}
    strict, open_ = town_with(furnished, Settings()), town_with(furnished, Settings(unconfirmed_may_share=True))
    assert await strict.ursula.refused("/share", body) == (422, "email_must_be_confirmed")
    assert (await open_.ursula.post("/share", body))["status"] == "success"
    assert (await strict.root.post("/share", {"recipients": ["bob"], "paths": [A]}))["status"] == "success"


async def test_limits_of_a_request_and_of_a_day(furnished: Town) -> None:
    """Recipients, items and pairs of a request, and shares and invitations of a day, are settings."""
    limits = Limits(recipients=2, items=3, pairs=4, shares_per_day=5, mails_per_day=1)
    town = town_with(furnished, Settings(), limits)
    for recipients, paths, code in (
        (["bob", "carol", "mallory"], [A], "too_many_recipients"),
        (["bob"], [A] * 4, "too_many_items"),
        (["bob", "carol"], [A] * 3, "too_many_items"),
    ):
        assert await town.alice.refused("/share", {"recipients": recipients, "paths": paths}) == (429, code)
    mails = {"recipients": ["x@example.net", "y@example.net"], "paths": [A]}
    assert await town.alice.refused("/share", mails) == (429, "share_daily_limit_reached")
    four = {"recipients": ["bob", "carol"], "paths": [A, "/alice/b.txt"]}
    assert (await town.alice.post("/share", four))["status"] == "success"
    two = {"recipients": ["mallory"], "paths": [A, "/alice/b.txt"]}
    for dry_run in (True, False):
        reply = await town.alice("POST", "/share", {**two, "dry_run": dry_run})
        assert (reply.status, reply.headers["retry-after"]) == (429, "86400")


async def test_under_a_prefix(furnished: Town) -> None:
    """Under a prefix the routes are there and nowhere else."""
    town = town_with(furnished, Settings(faces={"puter": FaceSettings(prefix="/puter")}))
    assert (await town.alice("POST", "/puter/stat", {"path": A})).status == 200
    assert (await town.alice("POST", "/stat", {"path": A})).status == 404


async def test_aborted_on_the_wire(furnished: Town) -> None:
    """A strict request of which nothing was done has the status 218 on the wire, and its report as the body."""
    town = town_with(furnished, Settings())
    async with serving(town.app) as port, httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        body = {"recipients": ["bob"], "paths": [A, "/alice/none"], "mode": "strict"}
        reply = await client.post("/share", json=body, headers={"authorization": f"Bearer {town.alice.token}"})
    assert (reply.status_code, reply.json()["status"]) == (218, "aborted")
