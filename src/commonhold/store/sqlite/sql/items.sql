-- Some items, with the revision that wrote them last.
SELECT $item, written_in FROM item WHERE no IN (SELECT value FROM json_each(?))
