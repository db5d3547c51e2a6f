"""Content: the tree of items, and the bytes of files.

Verbs: ``tree`` get, children, rename, change · ``making`` make_folder, make_app, make_entry · ``moving`` move ·
``copying`` copy · ``files`` put, put_content · ``versions`` versions, restore_version, delete_version · ``opening``
open_content · ``walking`` walk · ``trash`` trash, trashed, restore, purge, empty · ``search`` search · ``space``
usage · ``sweeping`` sweep, for the worker. Below them: ``names``, ``steps``, ``subtree``, ``ending``.
"""
