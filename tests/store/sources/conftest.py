"""Asserts of the contract explain themselves as those of tests do."""

import pytest

pytest.register_assert_rewrite("commonhold.testing.source_contract", "commonhold.testing.source_writing")
