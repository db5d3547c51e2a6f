-- Who administers an organisation, or the installation, as numbers beyond one; whoever does both comes twice.
SELECT no FROM principal INDEXED BY principal_org_no
WHERE org_role = 'administrator' AND org = ?1 AND no > ?2 AND state = 'active' AND kind = 1
UNION ALL
SELECT no FROM principal INDEXED BY principal_admin_no
WHERE admin = TRUE AND no > ?2 AND state = 'active' AND kind = 1
