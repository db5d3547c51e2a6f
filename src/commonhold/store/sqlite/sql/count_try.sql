-- Count a try in a subject's window, or give one back; a window that is over, or begins that far in the future, begins anew.
INSERT INTO throttle (subject, since, count) SELECT ?1, ?2, max(?3, 0) WHERE ?3 <= ?4 OR ?3 <= 0
ON CONFLICT (subject) DO UPDATE SET
    since = iif(abs(?2 - since) >= ?5, excluded.since, since),
    count = max(iif(abs(?2 - since) >= ?5, 0, count) + ?3, 0)
WHERE ?3 <= 0 OR iif(abs(?2 - since) >= ?5, 0, count) + ?3 <= ?4
