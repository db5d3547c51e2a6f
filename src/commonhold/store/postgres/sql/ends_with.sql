-- What ends with some shares: those that hang on them, and who was let in by any of these; a log-in counts once,
-- however often it renewed itself. $1 the shares, $2 the time, $3 how many are counted.
WITH RECURSIVE tree (root, no) AS (
    SELECT no, no FROM unnest($1::bigint[]) AS given (no)
    UNION ALL
    SELECT tree.root, share.no FROM tree JOIN share ON share.hangs_on = tree.no
    WHERE (share.until IS NULL OR share.until > $2::bigint) AND share.no <> ALL($1)
),
below AS MATERIALIZED (SELECT root, no FROM tree LIMIT $3::bigint),
let_in AS (
    SELECT below.root, count(*) FILTER (WHERE credential.kind = 'pass') AS passes,
        count(DISTINCT credential.family) AS sessions
    FROM below JOIN credential ON credential.share = below.no JOIN share ON share.no = below.no
    WHERE (credential.until IS NULL OR credential.until > $2) AND credential.state_at = share.state_at
    GROUP BY below.root
)
SELECT found.root, found.reshares, coalesce(let_in.passes, 0), coalesce(let_in.sessions, 0)
FROM (SELECT root, count(*) - 1 AS reshares FROM below GROUP BY root) AS found LEFT JOIN let_in ON let_in.root = found.root
