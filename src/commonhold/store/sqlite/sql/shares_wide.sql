-- The live shares on some items with groups, organisations and everyone, and the newest few of each item's others.
SELECT share.no, share.written_in
FROM json_each(?) AS one CROSS JOIN share INDEXED BY share_item_no ON share.item = one.value
WHERE share.kind IN (2, 4, 8)
UNION ALL
SELECT share.no, share.written_in
FROM json_each(?) AS one CROSS JOIN share ON share.no IN (
    SELECT other.no FROM share AS other INDEXED BY share_item_no
    WHERE other.item = one.value AND other.kind NOT IN (2, 4, 8) ORDER BY other.no DESC LIMIT ?)
