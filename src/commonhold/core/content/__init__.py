"""Content: the tree of folders and files, and their bytes."""
