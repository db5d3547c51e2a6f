-- Which revision wrote these items last.
SELECT item.no, written_in FROM json_each(?) AS one CROSS JOIN item ON item.no = one.value
