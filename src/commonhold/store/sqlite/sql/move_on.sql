-- The row of the installation after a transaction; written last.
UPDATE instance SET revision = ?, people_at = ?, tree_at = ?, next_no = ?
