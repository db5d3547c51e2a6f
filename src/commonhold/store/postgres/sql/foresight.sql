-- Everything that most decisions need, in one statement: what is named, the chains above it, the shares there that can
-- reach whom it is about, what these hang on, and the people behind all of them. What stands between "+" and "-" is
-- left out where no recipient and no share is named (others), or names are not wanted of everybody who is met (names):
-- even a part that finds nothing has to be begun.
--  $1 numbers, $2 uids of items, $3 keys of records, $4 whose access it is about,
--  $5 numbers, $6 uids, $7 names of recipients, $8 numbers, $9 uids, $10 versions of shares, $11 digests of links.
WITH RECURSIVE
--+ others
asked AS MATERIALIZED (
    SELECT share.no, share.item, share.recipient, share.hangs_on FROM share WHERE share.no = ANY($8::bigint[])
    UNION SELECT no, item, recipient, hangs_on FROM share WHERE uid = ANY($9::text[])
    UNION SELECT no, item, recipient, hangs_on FROM share WHERE version = ANY($10::bigint[])
    UNION SELECT share.no, share.item, share.recipient, share.hangs_on
    FROM link_key JOIN share ON share.no = link_key.no WHERE link_key.digest = ANY($11::bytea[])
),
named AS MATERIALIZED (
    SELECT unnest($5::bigint[]) AS no
    UNION SELECT no FROM principal WHERE uid = ANY($6::text[])
    UNION SELECT no FROM profile WHERE name_key = ANY($7::text[])
    UNION SELECT recipient FROM asked
),
---
chain (no) AS (
    (
        SELECT unnest($1::bigint[])
        UNION SELECT no FROM item WHERE uid = ANY($2::text[])
        UNION SELECT no FROM item WHERE ref = ANY($3::text[]) AND ref IS NOT NULL
        --+ others
        UNION SELECT item FROM asked
        ---
    )
    UNION
    SELECT item.parent FROM chain JOIN item ON item.no = chain.no WHERE item.parent IS NOT NULL
),
items (one) AS MATERIALIZED (SELECT one FROM chain JOIN item AS one ON one.no = chain.no),
spaces (one) AS MATERIALIZED (
    SELECT one FROM (SELECT DISTINCT (one).space AS no FROM items) AS lying JOIN space AS one ON one.no = lying.no
),
held (principal, grp) AS MATERIALIZED (
    SELECT member, grp FROM member WHERE member = ANY($4::bigint[])
    UNION SELECT member.member, above.ancestor FROM member JOIN group_closure AS above ON above.grp = member.grp
    WHERE member.member = ANY($4)
    UNION SELECT grp, ancestor FROM group_closure WHERE grp = ANY($4)
),
mine AS MATERIALIZED (
    SELECT 1::bigint AS no UNION SELECT unnest($4) UNION SELECT grp FROM held
    --+ others
    UNION SELECT no FROM named
    ---
),
places (no, busy) AS MATERIALIZED ( -- where so much is shared that each recipient is looked for by himself
    SELECT no, EXISTS (SELECT FROM share WHERE share.item = chain.no OFFSET 64) FROM chain
),
met (no, hangs_on) AS (
    (
        -- OFFSET 0: never by recipient alone, so that what somebody has elsewhere is not read.
        SELECT found.no, found.hangs_on FROM places CROSS JOIN LATERAL (
            SELECT share.no, share.hangs_on FROM share
            WHERE share.item = places.no AND share.recipient = ANY(ARRAY(SELECT no FROM mine)) OFFSET 0
        ) AS found WHERE NOT places.busy
        UNION ALL
        SELECT found.no, found.hangs_on FROM places CROSS JOIN mine CROSS JOIN LATERAL (
            SELECT share.no, share.hangs_on FROM share
            WHERE share.item = places.no AND share.recipient = mine.no OFFSET 0
        ) AS found WHERE places.busy
        --+ others
        UNION ALL
        SELECT no, hangs_on FROM asked
        ---
    )
    UNION
    SELECT share.no, share.hangs_on FROM met JOIN share ON share.no = met.hangs_on
),
shares (one) AS MATERIALIZED (SELECT one FROM met JOIN share AS one ON one.no = met.no),
backed AS MATERIALIZED (
    SELECT (one).hangs_on, (one).acts_as, CASE WHEN (one).stands_on <> 0 THEN (one).stands_on ELSE (
        SELECT space.owner FROM item JOIN space ON space.no = item.space WHERE item.no = (one).item
    ) END AS backer FROM shares
),
leaning AS MATERIALIZED (
    SELECT backer AS no FROM backed WHERE hangs_on IS NOT NULL AND backer IS NOT NULL
    UNION SELECT acts_as FROM backed WHERE acts_as IS NOT NULL
),
leaned (principal, grp) AS MATERIALIZED (
    SELECT leaning.no, member.grp FROM leaning JOIN member ON member.member = leaning.no
    UNION SELECT leaning.no, above.ancestor FROM leaning JOIN member ON member.member = leaning.no
    JOIN group_closure AS above ON above.grp = member.grp
    UNION SELECT leaning.no, above.ancestor FROM leaning JOIN group_closure AS above ON above.grp = leaning.no
),
people AS MATERIALIZED (
    SELECT unnest($4) AS no
    UNION SELECT (one).owner FROM spaces
    UNION SELECT backer FROM backed WHERE backer IS NOT NULL
    UNION SELECT acts_as FROM backed WHERE acts_as IS NOT NULL
    --+ others
    UNION SELECT no FROM named
    ---
    --+ names
    UNION SELECT (one).org FROM spaces
    UNION SELECT unnest(ARRAY[(one).recipient, (one).made_by]) FROM shares
    UNION SELECT unnest(ARRAY[(one).created_by, (one).changed_by, (one).trashed_by]) FROM items
    ---
    UNION SELECT (one).recipient FROM shares WHERE (one).kind = 32
),
--+ others
verified (one) AS MATERIALIZED (
    SELECT one FROM named JOIN principal ON principal.no = named.no AND principal.kind = 32
    JOIN member AS one ON one.grp = principal.no
),
---
known (one) AS MATERIALIZED (SELECT one FROM people JOIN principal AS one ON one.no = people.no)
SELECT
    instance.revision, instance.people_at, instance.tree_at, instance.next_no,
    ARRAY(SELECT no FROM chain),
    ARRAY(SELECT one FROM items),
    ARRAY(SELECT one FROM spaces),
    ARRAY(SELECT ARRAY[principal, grp] FROM held),
    ARRAY(SELECT no FROM mine),
    ARRAY(SELECT one FROM shares),
    ARRAY(SELECT no FROM leaning),
    ARRAY(SELECT ARRAY[principal, grp] FROM leaned),
    ARRAY(SELECT no FROM people WHERE no IS NOT NULL),
    ARRAY(SELECT one FROM known),
    ARRAY(SELECT one FROM (
        SELECT no FROM people UNION SELECT (one).org FROM known UNION SELECT 1
    ) AS holder JOIN allowance AS one ON one.no = holder.no),
    ARRAY(
        SELECT found FROM known JOIN profile AS found ON found.no = (one).no WHERE (one).kind = 32
        --+ names
        OR true
        ---
    )
    --+ others
    ,
    ARRAY(SELECT no FROM named),
    ARRAY(SELECT one FROM named JOIN group_terms AS one ON one.no = named.no),
    ARRAY(SELECT one FROM member AS one WHERE one.member = ANY($4) AND EXISTS (SELECT 1 FROM named)),
    ARRAY(SELECT one FROM verified),
    ARRAY(SELECT one FROM (
        SELECT no FROM named UNION SELECT (one).member FROM verified
    ) AS taker JOIN block AS one ON one."user" = taker.no),
    ARRAY(SELECT one FROM met JOIN use AS one ON one.no = met.no),
    ARRAY(SELECT one FROM profile AS one WHERE one.name_key = ANY($7)),
    ARRAY(SELECT one FROM link_key AS one WHERE one.digest = ANY($11))
    ---
FROM instance
