-- The newest live shares with one recipient, by number, made by others than this user.
SELECT no FROM share INDEXED BY share_recipient_no_made_by
WHERE recipient = ? AND no < ? AND made_by <> ?
ORDER BY no DESC LIMIT ?
