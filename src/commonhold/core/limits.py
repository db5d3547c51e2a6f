"""Every limit of the core, named, with the reason for its value. ``settings`` may change each of them."""

import msgspec

DAY = 86_400_000
MIB = 1 << 20


class Limits(msgspec.Struct, frozen=True):
    """Limits on everything that a caller can make large."""

    recipients: int = 50  # per proposal: more is a mailing list, which is what groups are for
    items: int = 500  # per proposal: what one screen of selected things holds, many times over
    pairs: int = 1_000  # recipients × items written in one transaction of some tens of milliseconds
    shares_per_day: int = 2_000  # pairs per person and day: a spam cannon fires more
    mails_per_day: int = 200  # invitations to mail addresses per person and day
    depth: int = 64  # folders above one another: a chain is read inline, so a constant must bound it
    principals: int = 1_000  # groups that one person is in, nested ones counted
    members_per_call: int = 1_000
    name_bytes: int = 255  # what file systems take
    note_chars: int = 10_240
    label_chars: int = 255
    upload: int = 10 * 1024 * MIB  # one file: what a link over a slow line still finishes in a night
    quota: int | None = None  # bytes per space; None: as much as the disk holds
    versions: int = 50  # kept per file; older ones go when a new one comes
    trash_days: int = 30
    move_rows: int = 20_000  # rows rewritten when a folder moves into another space
    copy_rows: int = 10_000  # items copied in one call
    page: int = 200
    session_life: int = 14 * DAY
    basic_life: int = 60_000  # a name and password sent with each request are compared once a minute
    pass_life: int = DAY  # an opened link stays open for a working day
    verify_life: int = 7 * DAY
    setup_life: int = DAY
    reset_life: int = 3_600_000
    token_life: int | None = None  # personal tokens end when their owner says so, unless a life is set
    login_tries: int = 10  # wrong passwords per account (and ten times that per address) …
    login_window: int = 900_000  # … within 15 minutes
    link_tries: int = 20  # wrong link passwords per share and address within the same window
    password_min: int = 8
    password_max: int = 1_024  # hashing time grows with length
    idempotency_life: int = DAY
    past_days: int = 365  # how long past rows answer "who could see it on that day"
