-- All live shares on some items.
SELECT $share FROM share INDEXED BY share_near
WHERE item IN (SELECT value FROM json_each(?))
