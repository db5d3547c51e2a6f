-- The live child of a folder with this name.
SELECT $item FROM item INDEXED BY item_parent_name_key_unique WHERE parent = ? AND name_key = ? AND life = 'live'
