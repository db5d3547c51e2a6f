-- The live shares on some items for some recipients.
SELECT $share FROM share INDEXED BY share_item_recipient_hangs_on
WHERE item IN (SELECT value FROM json_each(?)) AND recipient IN (SELECT value FROM json_each(?))
