-- Count a try in a subject's window, or give one back; a window that is over begins anew.
INSERT INTO throttle (subject, since, count) SELECT ?1, ?2, max(?3, 0) WHERE ?3 <= ?4 OR ?3 <= 0
ON CONFLICT (subject) DO UPDATE SET
    since = iif(since <= ?2 - ?5, excluded.since, since),
    count = max(iif(since <= ?2 - ?5, 0, count) + ?3, 0)
WHERE ?3 <= 0 OR iif(since <= ?2 - ?5, 0, count) + ?3 <= ?4
