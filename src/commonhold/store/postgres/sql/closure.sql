-- The closure of some groups, walked anew: there may be another way to what lies above, or a circle.
WITH RECURSIVE above (grp, ancestor) AS (
    SELECT no, no FROM unnest($1::bigint[]) AS given (no)
    UNION
    SELECT above.grp, nested.grp FROM above JOIN nested ON nested.child = above.ancestor
)
INSERT INTO group_closure (grp, ancestor) SELECT grp, ancestor FROM above ON CONFLICT DO NOTHING
