-- The groups that a principal is in, and all groups above these; some of them more than once.
SELECT grp FROM member WHERE member = ?1
UNION ALL
SELECT above.ancestor FROM member CROSS JOIN group_closure AS above ON above.grp = member.grp WHERE member.member = ?1
UNION ALL
SELECT ancestor FROM group_closure WHERE grp = ?1
