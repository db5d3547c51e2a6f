-- A credential by the digest of its secret, whom it names, and the present state of what it was issued for.
SELECT $credential, $principal, password.changed_at, share.no, share.state_at
FROM credential INDEXED BY credential_digest_unique
LEFT JOIN principal ON principal.no = credential.principal
LEFT JOIN password ON password.no = credential.principal
LEFT JOIN share ON share.no = credential.share
WHERE credential.digest = ?
