-- A page of the live shares on some items, by number: of each item's no more than a page is looked at.
ARRAY(
    SELECT share FROM unnest($1::bigint[]) AS given (no) CROSS JOIN LATERAL (
        SELECT one.no AS at, one AS share FROM share AS one WHERE one.item = given.no AND one.no > $2::bigint
        ORDER BY one.no LIMIT $3::bigint
    ) AS found ORDER BY found.at LIMIT $3
)
