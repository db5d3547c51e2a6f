-- The live shares on some items, whoever gets them, as far as a limit; read from the index alone.
SELECT no, recipient FROM share INDEXED BY share_item_recipient
WHERE item IN (SELECT value FROM json_each(?)) LIMIT ?
