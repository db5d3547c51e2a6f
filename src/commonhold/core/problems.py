"""Expected refusals: one exception with a stable code and facts.

A problem is a value of the domain, never a text: each face owns the table that turns a code into its own status and
wording. ``SENTENCES`` holds the default sentence of every code, which says what to do; a test checks that each code
raised anywhere stands here and in the reference page of the documentation.
"""

from typing import Any, Final

SENTENCES: Final[dict[str, str]] = {
    # what was asked for is not there, or not for you (invariant 9: told apart only as far as a document demands)
    "not_found": "There is nothing here, or you may not see it. Check the id, or ask its owner to share it with you.",
    "forbidden": "You may see this, but not do that. Ask somebody who manages it for a role that includes it.",
    "unauthenticated": "Log in, or send a valid token, and ask again.",
    "bad_credentials": "Name or password is wrong, or the account is not active.",
    "bad_token": "This token is unknown, expired or withdrawn. Log in again.",
    "account_inactive": "This account is suspended or deleted. Ask an administrator.",
    # links and passes
    "link_ended": "This share is over. Ask the sharer for a new link.",
    "link_not_yet": "This share has not begun yet. Come back after its start.",
    "link_used_up": "This share was opened as often as it may be. Ask the sharer for a new link.",
    "password_required": "This share has a password. Send it to open the share.",
    "wrong_password": "The password is wrong. Ask the sharer for it.",
    # sharing
    "unknown_item": "No such item. Check its id or path.",
    "unknown_recipient": "No such user, group or organisation. Check the spelling, or use a mail address.",
    "unknown_share": "No such share, or it has ended.",
    "unknown_role": "No such role. Use viewer, previewer, uploader, editor, contributor or manager.",
    "unknown_user": "No such user. Check the name.",
    "unknown_group": "No such group. Check its id or name.",
    "unknown_org": "No such organisation. Check its id or name.",
    "role_too_high": "You cannot give more than you have. Choose a lower role.",
    "reshare_not_allowed": "What was shared with you may not be passed on to this kind of recipient.",
    "not_allowed": "Your account may not do this. Ask an administrator for the allowance.",
    "kind_not_allowed": "Your account may not share with this kind of recipient. Ask an administrator.",
    "domain_not_allowed": "Addresses of this domain may not be invited here.",
    "password_needed": "Links need a password here. Set one.",
    "life_too_long": "Shares may not live that long here. Choose an earlier end.",
    "self_share": "You cannot share with yourself. Choose somebody else.",
    "owner_share": "This person owns the item already. Choose somebody else.",
    "not_shared": "It is not shared with this recipient directly.",
    "inherited": "It is shared with this recipient by a folder above. End that share instead.",
    "already_shared": "It is shared with this recipient already. Change that share instead.",
    "recipient_refuses": "This recipient does not accept shares from you.",
    "group_view_only": "Only the group's managers may share into this group.",
    "not_a_member": "You may share only with groups to which you belong.",
    "group_confirm_needed": "Members of this group may change what is shared with it. Confirm that this is wanted.",
    "both_duration_and_end": "Give either a duration or an end date, not both.",
    "end_before_start": "The end lies before the start. Exchange them.",
    "end_in_past": "The end lies in the past. Choose a later one.",
    "max_uses_too_low": "A share must be usable at least once. Give 1 or more, or leave it out.",
    "too_many_recipients": "Too many recipients at once. Split the request.",
    "too_many_items": "Too many items at once. Split the request.",
    "chain_too_long": "This was passed on too many times already. Ask the owner to share it with you directly.",
    "daily_limit": "You have shared as much as you may today. Try again tomorrow.",
    "not_for_items": "This kind of share does not fit this kind of item.",
    "quota_exceeded": "The storage of this space is full. Remove something, or ask an administrator for more.",
    # people
    "name_taken": "This name is taken. Choose another one.",
    "address_taken": "This address belongs to an account already.",
    "bad_name": "Use 1 to 64 letters, digits, dots, dashes or underscores.",
    "bad_address": "This is not a mail address.",
    "password_too_short": "Choose a password of at least 8 characters.",
    "password_too_long": "Choose a shorter password.",
    "group_cycle": "One of these groups contains the other already. Take that edge away first.",
    "too_many_groups": "This would put somebody into more groups than allowed. Leave or merge some groups.",
    "last_administrator": "This is the last administrator. Make another one first.",
    "already_set_up": "This installation has an administrator already. Log in.",
    "no_account": "There is no account for you here. Ask an administrator for one.",
    "login_refused": "The log-in did not come back as it should. Begin again.",
    "login_taken": "This log-in belongs to another account already.",
    "address_unverified": "The provider does not say that this address is yours. Confirm it there and begin again.",
    # tree and bytes
    "name_empty": "Give a name.",
    "name_too_long": "The name is too long. Use at most 255 bytes.",
    "name_forbidden": "The name has characters that names may not have. Choose another one.",
    "name_collides": "There is something with this name already. Choose another name, or replace it.",
    "bad_path": "This is not a path. Write it as /owner/folder/file, without '..' or empty parts.",
    "not_a_folder": "This is not a folder. Choose a folder.",
    "not_a_file": "This is not a file. Choose a file.",
    "into_itself": "A folder cannot be moved into itself. Choose another folder.",
    "tree_too_deep": "Folders may not be nested that deep. Choose a folder further up.",
    "move_too_large": "This folder is too large to move into another space. Move its parts.",
    "in_trash": "This is in the trash. Restore it first.",
    "not_in_trash": "This is not in the trash.",
    "protected": "This is protected against deletion. Take the protection away first.",
    "too_large": "This is larger than allowed. Split it, or ask an administrator for a higher limit.",
    "storage_full": "The server's storage is full. Nothing was changed. Ask an administrator.",
    "incomplete_body": "The upload ended early. Nothing was stored; send it again.",
    "unknown_upload": "No such upload, or its time is over. Begin a new one.",
    "wrong_offset": "The upload is at another place. Ask how far it is, and go on from there.",
    "upload_busy": "Another request is sending this upload. Wait until it ends.",
    "checksum_mismatch": "The bytes that arrived are not those of the checksum. Send them again.",
    "too_many_uploads": "Too many uploads are under way. Finish or end some of them.",
    # webhooks
    "unknown_webhook": "No such webhook, or its organisation is not yours to administer.",
    "unknown_delivery": "No such delivery of this webhook, or it is too long ago.",
    "bad_target": "A webhook needs an https address outside of this network, without a name or password in it.",
    "too_many_webhooks": "This organisation has as many webhooks as it may have. Remove one first.",
    # form of requests
    "malformed_body": "The request body cannot be read. Check its syntax.",
    "invalid_field": "A field has a wrong type or value. Correct the one that is named, and ask again.",
    "unknown_field": "This field is unknown. Check its spelling.",
    "missing_field": "A needed field is missing.",
    "bad_range": "The range lies outside of the content.",
    "bad_cursor": "This cursor is not one of ours. Start from the first page.",
    "bad_query": "The query cannot be read. Check its syntax.",
    "query_too_costly": "The query is too large. Ask for less at once.",
    "unsupported_media_type": "This content type is not understood here.",
    "not_acceptable": "None of the accepted content types can be given.",
    "cross_site": "Another site sent this with your cookies. Open our own page, or send a token.",
    "route_not_found": "There is no such route.",
    "tus_version": "This version of tus is not spoken here. Send Tus-Resumable: 1.0.0.",
    "method_not_allowed": "This route does not take that method.",
    # consistency
    "conflict": "Somebody changed this at the same time. Read it again and repeat.",
    "precondition_failed": "It was changed since you read it. Read it again and repeat.",
    "idempotency_mismatch": "This Idempotency-Key was used with another request. Use a new key.",
    "future_revision": "This revision lies in the future. Use one that this server gave you.",
    "too_many_requests": "Too many attempts. Wait and try again.",
    "unavailable": "The server cannot answer at the moment. Try again soon.",
    "internal": "Something went wrong on our side. Try again, or give the request id to an administrator.",
    # starting
    "postgres_unfit": "This PostgreSQL database cannot be used as it is.",
    "schema_newer": "A newer version of the program wrote this data. Install that version, or restore a backup.",
    "sqlite_too_old": "This SQLite cannot be used. Install a Python with SQLite 3.38 or later that has FTS5.",
    "bucket_unusable": "The bucket cannot be used. Correct `blobs` and the keys, and let it be written to.",
    # records
    "unknown_collection": "No such collection, or you may not read it.",
    "unknown_column": "No such field, or you may not read it.",
    "collection_exists": "There is a collection of this name already.",
    "not_unique": "This value must be unique and exists already.",
    "bad_reference": "This refers to something that does not exist.",
    "value_too_long": "The value is too long.",
    "value_out_of_range": "The value is out of range.",
    "failed_check": "A rule demands another value. Correct the field that is named.",
    "read_only": "This source may only be read.",
}


class Problem(Exception):
    """An expected refusal: a stable ``code`` of ``SENTENCES`` and ``facts`` (``field`` names the offending input)."""

    def __init__(self, code: str, **facts: Any) -> None:
        """Keep code and facts; an unknown code is a mistake of ours, found by the first test that meets it."""
        if code not in SENTENCES:
            raise ValueError(f"unknown problem code {code!r}: add it to core/problems.py and the reference page")
        super().__init__(code)
        self.code = code
        self.facts = facts

    @property
    def sentence(self) -> str:
        """The default sentence, which says what to do."""
        return SENTENCES[self.code]

    def __eq__(self, other: object) -> bool:
        """Two problems are equal when code and facts are: reports are compared (invariant 7)."""
        return isinstance(other, Problem) and (self.code, self.facts) == (other.code, other.facts)

    def __hash__(self) -> int:
        """Hash by code alone, as facts may hold unhashable values."""
        return hash(self.code)

    def __repr__(self) -> str:
        """Code and facts, for reports of tests."""
        facts = "".join(f", {key}={value!r}" for key, value in self.facts.items())
        return f"Problem({self.code!r}{facts})"
