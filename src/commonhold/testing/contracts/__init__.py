"""What every engine for facts must do, by subject; ``testing.store_contract`` puts the subjects together."""

import pytest

SUBJECTS = (
    "counting",
    "counters",
    "finding",
    "groups",
    "guards",
    "listing",
    "looking",
    "names",
    "reaching",
    "together",
    "writing",
)

pytest.register_assert_rewrite(*(f"{__name__}.{subject}" for subject in SUBJECTS))
