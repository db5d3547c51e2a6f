-- What ends with some shares: those that hang on them, and who was let in by any of these; a log-in counts once,
-- however often it renewed itself. ``?1`` the shares as a list, ``?2`` the time, ``?3`` how many are counted.
WITH RECURSIVE tree (root, no) AS (
    SELECT value, value FROM json_each(?1)
    UNION ALL
    SELECT tree.root, share.no FROM tree CROSS JOIN share ON share.hangs_on = tree.no
    WHERE (share.until IS NULL OR share.until > ?2) AND share.no NOT IN (SELECT value FROM json_each(?1))
),
below AS MATERIALIZED (SELECT root, no FROM tree LIMIT ?3),
let_in AS (
    SELECT below.root, sum(credential.kind = 'pass') AS passes, count(DISTINCT credential.family) AS sessions
    FROM below CROSS JOIN credential ON credential.share = below.no CROSS JOIN share ON share.no = below.no
    WHERE (credential.until IS NULL OR credential.until > ?2) AND credential.state_at = share.state_at
    GROUP BY below.root
)
SELECT found.root, found.reshares, coalesce(let_in.passes, 0), coalesce(let_in.sessions, 0)
FROM (SELECT root, count(*) - 1 AS reshares FROM below GROUP BY root) AS found LEFT JOIN let_in ON let_in.root = found.root
