-- Live shares on an item by number, beyond one, as far as a limit; read from the index alone.
SELECT no FROM share INDEXED BY share_item_no WHERE item = ? AND no > ? ORDER BY no LIMIT ?
