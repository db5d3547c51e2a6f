-- Who administers an organisation, or the installation, as numbers beyond one.
ARRAY(
    SELECT no FROM principal
    WHERE org_role = 'administrator' AND org = $1::bigint AND no > $2::bigint AND state = 'active' AND kind = 1
    UNION
    SELECT no FROM principal WHERE admin = TRUE AND no > $2 AND state = 'active' AND kind = 1
    ORDER BY no LIMIT $3::bigint
)
