"""Records: catalogues of collections, the rules on them, and reading and writing their rows."""
