-- The row of the installation.
SELECT revision, people_at, tree_at, next_no FROM instance
