-- How many live shares stand on some items; counted in the index alone.
SELECT count(*) FROM json_each(?) AS one CROSS JOIN share INDEXED BY share_item_no ON share.item = one.value
