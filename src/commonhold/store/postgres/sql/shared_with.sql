-- The newest live shares that reach a user, made by others: of each recipient's no more than a page is read.
WITH mine (no) AS MATERIALIZED (
    SELECT $1::bigint
    UNION SELECT 1 WHERE $5
    UNION SELECT grp FROM member WHERE member = $1
    UNION SELECT above.ancestor FROM member JOIN group_closure AS above ON above.grp = member.grp
    WHERE member.member = $1
    UNION SELECT ancestor FROM group_closure WHERE grp = $1
)
SELECT found.no FROM mine CROSS JOIN LATERAL (
    SELECT share.no FROM share WHERE share.recipient = mine.no AND share.no < $2 AND share.made_by <> $3
    ORDER BY share.no DESC LIMIT $4
) AS found
WHERE mine.no <> 1 OR $5
ORDER BY found.no DESC LIMIT $4
