"""Every limit of the core, named, with what it limits. ``settings`` may change each of them, and shows these texts."""

from typing import Annotated

import msgspec

DAY = 86_400_000
MIB = 1 << 20


class Limits(msgspec.Struct, frozen=True):
    """Limits on everything that a caller can make large."""

    recipients: Annotated[int, "recipients in one proposal: more is a mailing list, which is what groups are for"] = 50
    items: Annotated[int, "items in one proposal: what one screen of selected things holds, many times over"] = 500
    pairs: Annotated[int, "recipients × items in one proposal: one transaction of some tens of milliseconds"] = 1_000
    shares_per_day: Annotated[int, "pairs that one person may share in a day: a spam cannon fires more"] = 2_000
    mails_per_day: Annotated[int, "invitations to mail addresses by one person in a day"] = 200
    depth: Annotated[int, "folders above one another: a chain is read inline, so a constant must bound it"] = 64
    principals: Annotated[int, "groups that one person is in, nested ones counted"] = 1_000
    members_per_call: Annotated[int, "members added to or taken from a group in one call"] = 1_000
    name_bytes: Annotated[int, "bytes of an item's name: what file systems take"] = 255
    note_chars: Annotated[int, "characters of the note to a share"] = 10_240
    label_chars: Annotated[int, "characters of the label of a token, and of what names an entry of an app"] = 255
    upload: Annotated[int, "bytes of one file: what a link over a slow line still finishes in a night"] = (
        10 * 1024 * MIB
    )
    quota: Annotated[
        int | None, "bytes in one space, all versions and the trash included; none: as much as the disk holds"
    ] = None
    uploads: Annotated[
        int, "uploads in pieces that one person, or all by one link, have under way: each may hold as much as a file"
    ] = 100
    upload_life: Annotated[int, "how long the pieces of an upload wait for the next one, ms"] = 2 * DAY
    webhooks: Annotated[int, "webhooks of one organisation: each event is looked at for each of them"] = 20
    versions: Annotated[int, "versions kept of a file; older ones go when a new one comes"] = 50
    trash_days: Annotated[int, "days until what lies in the trash is deleted"] = 30
    move_rows: Annotated[int, "items rewritten when a folder moves into another space"] = 20_000
    copy_rows: Annotated[int, "items copied in one call"] = 10_000
    page: Annotated[int, "rows on one page of a listing; more than 200 are none"] = 200
    session_life: Annotated[int, "life of a log-in in a browser, ms"] = 14 * DAY
    basic_life: Annotated[
        int, "how long a name and password sent with each request count without a new comparison, ms"
    ] = 60_000
    pass_life: Annotated[int, "life of an opened link, ms: it stays open for a working day"] = DAY
    verify_life: Annotated[int, "life of the link that verifies a mail address, ms"] = 7 * DAY
    setup_life: Annotated[int, "life of the link that makes the first administrator, ms"] = DAY
    reset_life: Annotated[int, "life of the link that sets a new password, ms"] = 3_600_000
    token_life: Annotated[int | None, "longest life of a personal token, ms; none: until its owner ends it"] = None
    login_tries: Annotated[int, "wrong passwords per account (ten times that per address) within `login_window`"] = 10
    login_window: Annotated[int, "window in which wrong passwords are counted, ms"] = 900_000
    link_tries: Annotated[int, "wrong passwords per link and address within `login_window`"] = 20
    password_min: Annotated[int, "characters that a password needs"] = 8
    password_max: Annotated[int, "characters that a password may have: hashing time grows with length"] = 1_024
    account_requests: Annotated[
        int | None,
        "requests of one account in a minute, in each process; none: any number. No person asks that much",
    ] = 12_000
    address_requests: Annotated[
        int | None,
        "requests from one address (of IPv6 a /64) in a minute, in each process; none: any number. It may be a whole "
        "school; this machine itself is not counted",
    ] = 30_000
    link_requests: Annotated[
        int | None,
        "requests with passes of one link in a minute, in each process; none: any number. A page that many people open "
        "at the same time stays below it",
    ] = 30_000
    body: Annotated[int, "bytes of a body that is read as a whole: the largest proposal has some 100 KiB"] = 1 << 20
    idempotency_life: Annotated[int, "how long the report to an Idempotency-Key is kept, ms"] = DAY
