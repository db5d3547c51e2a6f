-- Items and all folders above them.
WITH RECURSIVE chain (no) AS (
    SELECT no FROM unnest($1::bigint[]) AS given (no)
    UNION
    SELECT item.parent FROM chain JOIN item ON item.no = chain.no WHERE item.parent IS NOT NULL
)
