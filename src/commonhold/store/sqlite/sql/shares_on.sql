-- All live shares on some items.
SELECT $share FROM share INDEXED BY share_item_recipient_hangs_on
WHERE item IN (SELECT value FROM json_each(?))
