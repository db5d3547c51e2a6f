"""The status of every problem, where a face does not say another one."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_BY_STATUS: Final[dict[int, str]] = {
    400: """malformed_body missing_field unknown_field invalid_field bad_cursor bad_query future_revision
        both_duration_and_end end_before_start end_in_past max_uses_too_low name_empty name_too_long name_forbidden
        bad_path bad_name bad_address password_too_short password_too_long value_too_long value_out_of_range
        query_too_costly incomplete_body failed_check bad_target""",
    401: "unauthenticated bad_credentials bad_token",
    403: """forbidden cross_site account_inactive password_required wrong_password role_too_high reshare_not_allowed
        not_allowed kind_not_allowed domain_not_allowed password_needed life_too_long recipient_refuses group_view_only
        not_a_member group_confirm_needed protected link_not_yet read_only no_account login_refused
        address_unverified""",
    404: """not_found unknown_item unknown_share unknown_user unknown_group unknown_org unknown_collection
        unknown_column route_not_found unknown_upload
        unknown_webhook unknown_delivery""",
    405: "method_not_allowed",
    406: "not_acceptable",
    409: """conflict name_collides name_taken address_taken already_shared already_set_up collection_exists not_unique
        in_trash not_in_trash group_cycle last_administrator wrong_offset too_many_uploads
        too_many_webhooks login_taken""",
    410: "link_ended link_used_up",
    412: "precondition_failed tus_version",
    413: "too_large too_many_items too_many_recipients",
    415: "unsupported_media_type",
    416: "bad_range",
    422: """idempotency_mismatch unknown_recipient unknown_role self_share owner_share not_shared inherited
        not_for_items chain_too_long not_a_folder not_a_file into_itself tree_too_deep move_too_large too_many_groups
        bad_reference""",
    423: "upload_busy",
    429: "too_many_requests daily_limit",
    460: "checksum_mismatch",  # of the tus protocol
    500: "internal",
    503: "bucket_unusable unavailable sqlite_too_old postgres_unfit schema_newer",
    507: "quota_exceeded storage_full",
}

STATUS: Final[Mapping[str, int]] = MappingProxyType(
    {code: status for status, codes in _BY_STATUS.items() for code in codes.split()}
)
"""Code → status. A test checks that every code of ``core.problems`` has one."""
