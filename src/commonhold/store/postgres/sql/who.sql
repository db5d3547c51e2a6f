-- A credential by the digest of its secret, whom it names, and the present state of what it was issued for.
SELECT one AS credential, who, password.changed_at, share.no, share.state_at
FROM credential AS one
LEFT JOIN principal AS who ON who.no = one.principal
LEFT JOIN password ON password.no = one.principal
LEFT JOIN share ON share.no = one.share
WHERE one.digest = $1
