-- An item and everything below it, as far as a limit.
WITH RECURSIVE below (no) AS (
    SELECT no FROM item WHERE no = ?
    UNION
    SELECT item.no FROM below CROSS JOIN item ON item.parent = below.no
)
SELECT no FROM below LIMIT ?
