"""Sharing in a real browser: told before it is done, found by whom it is for; by keys, on a phone, without script.

Each walk is a long one, so that few of them walk all of it.
"""

from typing import Any

import pytest
from tests.faces.web.site import PASSWORD
from tests.faces.web.test_chromium import Visit, browser, say, visit  # noqa: F401 - fixtures

from commonhold.core.directory.groups import NewGroup, add_group
from commonhold.core.directory.members import add_members
from commonhold.core.identity import Named
from commonhold.core.model import Share
from commonhold.core.policy.require import machine
from commonhold.core.ports import Rows
from commonhold.core.roles import Kind

pytestmark = [pytest.mark.chromium, pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

BOB = Named("bob", Kind.USER)


async def _enter(visit: Visit, name: str, path: str, **how: Any) -> Any:  # noqa: F811
    """Log in, and go to a page."""
    page = await visit.open("/app/sign-in", **how)
    await page.get_by_label("Name or mail address").fill(name)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Log in").click()
    await page.get_by_role("button", name="Log out").wait_for()
    await page.goto(f"http://127.0.0.1:{visit.port}{path}")
    await visit.fits(page)
    return page


async def _shares(visit: Visit) -> list[Share]:  # noqa: F811
    found: list[Share] = await visit.site.core.store.rows(machine(), Rows(Share))
    return found


async def test_shared_in_place_by_keys_alone(visit: Visit) -> None:  # noqa: F811
    """The dialog opens in place: names are suggested, what will happen is told, and bob, who logs in, finds it.

    Nothing but keys is pressed; what is told goes as soon as anything is changed.
    """
    site = visit.site
    await add_group(site.core, site.alice, NewGroup(title="Board"))
    await add_members(site.core, site.alice, Named("Board", Kind.GROUP), [BOB])
    file = await site.file("plan.txt", b"the plan")
    page = await _enter(visit, "alice", f"/app/items/{file.uid}", timezone_id="Europe/Berlin")
    await page.get_by_role("link", name="Share", exact=True).focus()
    await page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("heading", name="Share plan.txt").wait_for()
    field = dialog.get_by_role("combobox", name="Names, groups or mail addresses")
    await field.focus()
    await page.keyboard.type("bo")
    options = dialog.locator("ul[role=listbox]").get_by_role("option")
    await options.nth(1).wait_for()
    assert await options.all_inner_texts() == ["bob Person", "Board Group"]
    await page.keyboard.press("ArrowDown")
    assert await field.get_attribute("aria-activedescendant")
    await page.keyboard.press("Enter")
    await page.keyboard.type("eve@example.net")
    await page.keyboard.press("Enter")
    await page.keyboard.type("boa")
    await options.wait_for()
    await page.keyboard.press("Escape")
    for _ in range(3):
        await page.keyboard.press("Backspace")
    await page.keyboard.press("Enter")
    told = dialog.locator("#people-foresight")
    await told.get_by_role("button", name="Share now").wait_for()
    assert "bob gains: look and download." in await told.inner_text()
    assert "not known here yet" in await told.inner_text()
    assert await _shares(visit) == []
    await dialog.get_by_role("button", name="Remove eve@example.net").press("Enter")
    assert await told.inner_text() == ""
    await field.focus()
    await page.keyboard.press("Enter")
    await told.get_by_role("button", name="Share now").wait_for()
    assert "example.net" not in await told.inner_text()
    await told.get_by_role("button", name="Share now").press("Enter")
    await dialog.get_by_text("It is shared.").wait_for()
    await _changed_in_place(visit, page, dialog)
    await _found_and_declined(visit)


async def _changed_in_place(visit: Visit, page: Any, dialog: Any) -> None:  # noqa: F811
    """Change the share where it stands, by keys, and leave the dialog."""
    await dialog.get_by_role("link", name="Change").last.press("Enter")
    await dialog.get_by_role("heading", name="plan.txt, shared with bob").wait_for()
    await dialog.get_by_label("May", exact=True).select_option("editor")
    await dialog.get_by_text("More: time").press("Enter")
    await dialog.get_by_label("Until").fill("2100-06-01T12:00")
    await dialog.get_by_role("button", name="Change").press("Enter")
    await dialog.get_by_text("It is changed.").wait_for()
    (share,) = await _shares(visit)
    assert (share.role, share.until) == ("editor", 4_115_527_200_000)
    assert await dialog.get_by_label("Until").input_value() == "2100-06-01T12:00"
    await page.keyboard.press("Escape")
    assert not await dialog.count()
    assert await page.evaluate("document.activeElement.textContent") == "Share"


async def _found_and_declined(visit: Visit) -> None:  # noqa: F811
    """Log in as whoever it was shared with, on a phone: find it, read it, decline it."""
    bob = await _enter(visit, "bob", "/app", size="phone")
    assert "plan.txt" in await say(bob)
    await bob.get_by_role("link", name="plan.txt").click()
    assert "the plan" in await say(bob)
    await bob.goto(f"http://127.0.0.1:{visit.port}/app")
    await bob.get_by_role("link", name="Decline").click()
    await bob.get_by_role("button", name="Decline").click()
    await bob.get_by_text("Nobody has shared anything").wait_for()


async def test_a_link_with_a_password(visit: Visit) -> None:  # noqa: F811
    """Made and copied; opened in another profile; its new address closes the old one; ended, it opens nothing."""
    file = await visit.site.file("secret.txt", b"between us")
    page = await _enter(
        visit, "alice", f"/app/items/{file.uid}/share", permissions=["clipboard-read", "clipboard-write"]
    )
    form = page.locator("form#link")
    await form.get_by_text("More: time").click()
    await form.get_by_label("Password").fill("sesame")
    await form.get_by_label("How often").fill("3")
    await form.get_by_role("button", name="See what").click()
    await page.get_by_text("Whoever has the link gains").wait_for()
    assert await form.get_by_label("Password").input_value() == "sesame"
    await page.get_by_role("button", name="Make the link").click()
    await page.get_by_role("button", name="Copy").click()
    await page.get_by_role("button", name="Copied").wait_for()
    address = await page.evaluate("navigator.clipboard.readText()")
    assert address == await page.get_by_label("Address of the link").input_value()
    await page.get_by_text("QR code", exact=True).click()
    assert (await page.locator("svg.qr").bounding_box())["width"] > 150
    await visit.fits(page)
    path = "/s/" + address.rpartition("/")[2]
    anyone = await visit.open(path, size="phone")
    await anyone.get_by_label("Password").fill("sesame")
    await anyone.get_by_role("button", name="Open").click()
    await anyone.get_by_text("between us").wait_for()
    await page.reload()
    await page.get_by_text("Opened once in the last 30 days.").wait_for()
    assert await page.locator("svg.chart rect").count() == 30
    await page.get_by_text("New address", exact=True).click()
    await page.get_by_role("button", name="Give it a new address").click()
    await page.get_by_text("It has a new address").wait_for()
    await anyone.reload()
    assert "There is nothing here" in await say(anyone)
    await page.get_by_role("link", name="End this share").click()
    await page.get_by_role("button", name="End it").click()
    await page.get_by_text("1 share has ended.").wait_for()
    assert await _shares(visit) == []


async def test_many_are_ended_on_a_phone_without_script(visit: Visit) -> None:  # noqa: F811
    """Without script all of it is plain forms: told before, sent, filtered, chosen, confirmed, ended; and the why."""
    site = visit.site
    docs = await site.folder("Docs")
    file = await site.file("a long name of a file that has to fit somehow.txt", b"x", docs.no)
    how: dict[str, Any] = {"size": "phone", "java_script_enabled": False}
    page = await _enter(visit, "alice", f"/app/items/{docs.uid}/share", **how)
    await page.get_by_label("Names, groups or mail addresses").fill("bob\neve@example.net")
    await page.locator("form#people").get_by_label("May", exact=True).select_option("editor")
    await page.locator("form#people").get_by_role("button", name="See what").click()
    told = await page.locator("#people-foresight").inner_text()
    assert "bob gains: edit." in told
    assert await _shares(visit) == []
    await page.get_by_role("button", name="Share now").click()
    await page.get_by_text("It is shared.").wait_for()
    await visit.fits(page)
    await site.link(file)
    await page.goto(f"http://127.0.0.1:{visit.port}/app/items/{file.uid}/access?who=bob")
    assert "alice shared the folder Docs, in which it lies, with bob: edit." in await say(page)
    await visit.fits(page)
    await page.get_by_role("link", name="Shared by me").click()
    await page.get_by_label("Shared with").fill("bob")
    await page.get_by_role("button", name="Show").click()
    assert await page.get_by_role("checkbox").count() == 1
    await page.get_by_role("link", name="Shared by me").click()
    for box in await page.get_by_role("checkbox").all():
        await box.check()
    await page.get_by_role("button", name="Give them a later end").click()
    await page.get_by_role("button", name="Set the end").click()
    await page.get_by_text("What you chose has its new end.").wait_for()
    assert all(share.until for share in await _shares(visit))
    for box in await page.get_by_role("checkbox").all():
        await box.check()
    await page.get_by_role("button", name="End the chosen ones").click()
    assert "End these 3 shares?" in await say(page)
    await visit.fits(page)
    assert len(await _shares(visit)) == 3
    await page.get_by_role("button", name="End them").click()
    await page.get_by_text("You share nothing yet.").wait_for()
    assert await _shares(visit) == []
