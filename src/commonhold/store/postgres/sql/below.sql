-- An item and everything below it, as far as a limit.
WITH RECURSIVE below (no) AS (
    SELECT no FROM item WHERE no = $1
    UNION
    SELECT item.no FROM below JOIN item ON item.parent = below.no
)
SELECT no FROM below LIMIT $2
