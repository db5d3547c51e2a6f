-- A share that stands on a folder reaches what is below it: kept beside, as there are few among all shares.
INSERT OR REPLACE INTO folder_share (share, recipient, item)
SELECT ?1, ?2, no FROM item WHERE no = ?3 AND kind = 'folder'
