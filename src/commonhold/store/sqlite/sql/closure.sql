-- The closure of some groups, walked anew: there may be another way to what lies above, or a circle.
INSERT OR IGNORE INTO group_closure (grp, ancestor)
WITH RECURSIVE above (grp, ancestor) AS (
    SELECT value, value FROM json_each(?)
    UNION
    SELECT above.grp, nested.grp FROM above CROSS JOIN nested ON nested.child = above.ancestor
)
SELECT grp, ancestor FROM above
