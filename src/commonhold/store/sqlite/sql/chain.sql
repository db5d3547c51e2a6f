-- An item and all folders above it. It may be one longer than trees may be deep: whatever is deeper ends nowhere.
WITH RECURSIVE chain (no, parent, depth) AS (
    SELECT no, parent, 0 FROM item WHERE no = ?
    UNION ALL
    SELECT item.no, item.parent, chain.depth + 1 FROM chain CROSS JOIN item ON item.no = chain.parent
    WHERE chain.depth < ?
)
SELECT no FROM chain
