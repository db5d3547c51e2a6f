-- The groups that some principals are in, and all groups above these.
WITH held (principal, grp) AS (
    SELECT member, grp FROM member WHERE member = ANY($1::bigint[])
    UNION
    SELECT member.member, above.ancestor FROM member JOIN group_closure AS above ON above.grp = member.grp
    WHERE member.member = ANY($1)
    UNION
    SELECT grp, ancestor FROM group_closure WHERE grp = ANY($1)
)
