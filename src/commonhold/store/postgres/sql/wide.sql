-- The live shares on some items with groups, organisations and everyone, and the newest few of each item's others.
ARRAY(
    SELECT one FROM unnest($1::bigint[]) AS given (no) JOIN share AS one ON one.item = given.no
    WHERE one.kind IN (2, 4, 8)
    UNION ALL
    SELECT found.one FROM unnest($1) AS given (no) CROSS JOIN LATERAL (
        SELECT one FROM share AS one WHERE one.item = given.no AND one.kind NOT IN (2, 4, 8)
        ORDER BY one.no DESC LIMIT $2::bigint
    ) AS found
)
