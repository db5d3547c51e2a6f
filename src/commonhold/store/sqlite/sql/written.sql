-- Which revision wrote these items last.
SELECT no, written_in FROM item WHERE no IN (SELECT value FROM json_each(?))
