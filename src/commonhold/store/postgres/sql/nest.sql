-- Whatever is below the child, itself included, is now also below the group and all groups above that.
INSERT INTO group_closure (grp, ancestor)
SELECT below.grp, above.ancestor FROM group_closure AS below CROSS JOIN group_closure AS above
WHERE below.ancestor = $1 AND above.grp = $2
ON CONFLICT DO NOTHING
