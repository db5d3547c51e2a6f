-- Which of some new shares stand on folders, and so reach what lies below.
INSERT INTO folder_share (share, recipient, item)
SELECT given.share, given.recipient, given.item
FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS given (share, recipient, item)
JOIN item ON item.no = given.item AND item.kind = 'folder'
ON CONFLICT (share) DO UPDATE SET recipient = excluded.recipient, item = excluded.item
