-- The live shares on some items, whoever gets them but one, as far as a limit; read from the index alone.
SELECT share.no, recipient, hangs_on
FROM json_each(?) AS one CROSS JOIN share INDEXED BY share_item_recipient_hangs_on ON share.item = one.value
WHERE recipient <> ? LIMIT ?
