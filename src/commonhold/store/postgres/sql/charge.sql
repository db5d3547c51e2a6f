-- Add bytes to a space, or give some back, within its quota.
UPDATE space SET used = used + $2::bigint WHERE no = $1 AND ($3::bigint IS NULL OR $2::bigint <= 0 OR used + $2 <= $3)
