"""Records in PostgreSQL: what the embedded engine does with them, this one does, too."""

import pytest
from tests.store.sqlite.test_records import (
    test_a_row_must_be_there as test_a_row_must_be_there,
)
from tests.store.sqlite.test_records import (
    test_all_or_nothing as test_all_or_nothing,
)
from tests.store.sqlite.test_records import (
    test_items_end_with_their_rows as test_items_end_with_their_rows,
)
from tests.store.sqlite.test_records import (
    test_tables_and_rows_are_one_commit as test_tables_and_rows_are_one_commit,
)
from tests.store.sqlite.test_records import (
    test_tables_that_are_not_there as test_tables_that_are_not_there,
)

pytestmark = pytest.mark.slow
