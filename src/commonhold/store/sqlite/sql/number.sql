-- The number of an item.
SELECT no FROM item INDEXED BY item_uid_unique WHERE uid = ?
