-- The live shares on some items for some recipients.
SELECT $share FROM share INDEXED BY share_near
WHERE item IN (SELECT value FROM json_each(?)) AND recipient IN (SELECT value FROM json_each(?))
