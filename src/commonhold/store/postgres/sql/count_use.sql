-- Count a use if fewer were handed out than may be; NULL is no limit.
INSERT INTO use AS known (no, used, last_at) SELECT $1, 1, $3 WHERE $2::bigint IS NULL OR $2 > 0
ON CONFLICT (no) DO UPDATE SET used = known.used + 1, last_at = excluded.last_at WHERE $2 IS NULL OR known.used < $2
