"""The embedded engine: facts in one SQLite file, read inline and written by one thread per process."""
