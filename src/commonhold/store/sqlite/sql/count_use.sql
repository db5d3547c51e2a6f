-- Count a use if fewer were handed out than may be; the limit stands twice, NULL is none.
INSERT INTO use (no, used, last_at) SELECT ?1, 1, ?3 WHERE ?2 IS NULL OR ?2 > 0
ON CONFLICT (no) DO UPDATE SET used = used + 1, last_at = excluded.last_at WHERE ?2 IS NULL OR used < ?2
