-- Count a try in a subject's window, or give one back; a window that is over, or begins that far in the future, begins anew.
INSERT INTO throttle AS known (subject, since, count)
SELECT $1, $2::bigint, greatest($3::bigint, 0) WHERE $3 <= $4::bigint OR $3 <= 0
ON CONFLICT (subject) DO UPDATE SET
    since = CASE WHEN abs($2 - known.since) >= $5::bigint THEN excluded.since ELSE known.since END,
    count = greatest(CASE WHEN abs($2 - known.since) >= $5 THEN 0 ELSE known.count END + $3, 0)
WHERE $3 <= 0 OR CASE WHEN abs($2 - known.since) >= $5 THEN 0 ELSE known.count END + $3 <= $4
