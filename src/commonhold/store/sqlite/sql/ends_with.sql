-- What ends with some shares: those that hang on them, and who was let in by any of these; a log-in counts once,
-- however often it renewed itself. ``?1`` the shares as a list, ``?2`` the time.
WITH RECURSIVE below (root, no) AS MATERIALIZED (
    SELECT value, value FROM json_each(?1)
    UNION ALL
    SELECT below.root, share.no FROM below CROSS JOIN share ON share.hangs_on = below.no
    WHERE (share.until IS NULL OR share.until > ?2) AND share.no NOT IN (SELECT value FROM json_each(?1))
),
let_in AS (
    SELECT below.root, sum(credential.kind = 'pass') AS passes, count(DISTINCT credential.family) AS sessions
    FROM below CROSS JOIN credential ON credential.share = below.no CROSS JOIN share ON share.no = below.no
    WHERE (credential.until IS NULL OR credential.until > ?2) AND credential.state_at = share.state_at
    GROUP BY below.root
)
SELECT found.root, found.reshares, coalesce(let_in.passes, 0), coalesce(let_in.sessions, 0)
FROM (SELECT root, count(*) - 1 AS reshares FROM below GROUP BY root) AS found LEFT JOIN let_in ON let_in.root = found.root
