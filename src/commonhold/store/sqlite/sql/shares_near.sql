-- The live shares on some items, whoever gets them but one, as far as a limit; read from the index alone.
SELECT share.no, recipient, hangs_on, written_in
FROM json_each(?) AS one CROSS JOIN share INDEXED BY share_near ON share.item = one.value
WHERE recipient <> ? LIMIT ?
