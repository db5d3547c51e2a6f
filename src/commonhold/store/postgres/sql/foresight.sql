-- Everything that most decisions need, in one statement: what is named, the chains above it, the shares there that can
-- reach whom it is about, what these hang on, and the people behind all of them.
--  $1 numbers, $2 uids of items, $3 keys of records, $4 whose access it is about,
--  $5 numbers, $6 uids, $7 names of recipients, $8 numbers, $9 uids, $10 versions of shares, $11 digests of links,
--  $12 whether everybody who is met is named.
WITH RECURSIVE
asked AS MATERIALIZED (
    SELECT share.no, share.item, share.recipient, share.hangs_on FROM share WHERE share.no = ANY($8::bigint[])
    UNION SELECT no, item, recipient, hangs_on FROM share WHERE uid = ANY($9::text[])
    UNION SELECT no, item, recipient, hangs_on FROM share WHERE version = ANY($10::bigint[])
    UNION SELECT share.no, share.item, share.recipient, share.hangs_on
    FROM link_key JOIN share ON share.no = link_key.no WHERE link_key.digest = ANY($11::bytea[])
),
chain (no) AS (
    (
        SELECT unnest($1::bigint[])
        UNION SELECT no FROM item WHERE uid = ANY($2::text[])
        UNION SELECT no FROM item WHERE ref = ANY($3::text[]) AND ref IS NOT NULL
        UNION SELECT item FROM asked
    )
    UNION
    SELECT item.parent FROM chain JOIN item ON item.no = chain.no WHERE item.parent IS NOT NULL
),
items AS MATERIALIZED (SELECT item.* FROM chain JOIN item ON item.no = chain.no),
spaces AS MATERIALIZED (SELECT space.* FROM (SELECT DISTINCT space AS no FROM items) AS one JOIN space USING (no)),
named AS MATERIALIZED (
    SELECT unnest($5::bigint[]) AS no
    UNION SELECT no FROM principal WHERE uid = ANY($6::text[])
    UNION SELECT no FROM profile WHERE name_key = ANY($7::text[])
    UNION SELECT recipient FROM asked
),
held (principal, grp) AS MATERIALIZED (
    SELECT member, grp FROM member WHERE member = ANY($4::bigint[])
    UNION SELECT member.member, above.ancestor FROM member JOIN group_closure AS above ON above.grp = member.grp
    WHERE member.member = ANY($4)
    UNION SELECT grp, ancestor FROM group_closure WHERE grp = ANY($4)
),
mine AS MATERIALIZED (
    SELECT 1::bigint AS no UNION SELECT no FROM named UNION SELECT unnest($4) UNION SELECT grp FROM held
),
met (no, hangs_on) AS (
    (
        -- One probe of share_near for each pair; without OFFSET 0 all that an item gives, or somebody has, may be read.
        SELECT found.no, found.hangs_on FROM chain CROSS JOIN mine CROSS JOIN LATERAL (
            SELECT share.no, share.hangs_on FROM share
            WHERE share.item = chain.no AND share.recipient = mine.no OFFSET 0
        ) AS found
        UNION SELECT no, hangs_on FROM asked
    )
    UNION
    SELECT share.no, share.hangs_on FROM met JOIN share ON share.no = met.hangs_on
),
shares AS MATERIALIZED (SELECT share.* FROM met JOIN share ON share.no = met.no),
backed AS MATERIALIZED (
    SELECT shares.hangs_on, shares.acts_as, CASE WHEN shares.stands_on <> 0 THEN shares.stands_on ELSE (
        SELECT space.owner FROM item JOIN space ON space.no = item.space WHERE item.no = shares.item
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
    UNION SELECT no FROM named
    UNION SELECT owner FROM spaces
    UNION SELECT backer FROM backed WHERE backer IS NOT NULL
    UNION SELECT acts_as FROM backed WHERE acts_as IS NOT NULL
    UNION SELECT recipient FROM shares WHERE kind = 32 OR $12::boolean
    UNION SELECT made_by FROM shares WHERE $12
    UNION SELECT unnest(ARRAY[created_by, changed_by, trashed_by]) FROM items WHERE $12
),
known AS MATERIALIZED (SELECT principal.* FROM people JOIN principal ON principal.no = people.no),
verified AS MATERIALIZED (
    SELECT member.* FROM named JOIN known ON known.no = named.no AND known.kind = 32
    JOIN member ON member.grp = known.no
)
SELECT
    instance.revision, instance.people_at, instance.tree_at, instance.next_no,
    ARRAY(SELECT no FROM chain),
    ARRAY(SELECT one FROM chain JOIN item AS one ON one.no = chain.no),
    ARRAY(SELECT one FROM spaces JOIN space AS one ON one.no = spaces.no),
    ARRAY(SELECT no FROM named),
    ARRAY(SELECT ARRAY[principal, grp] FROM held),
    ARRAY(SELECT no FROM mine),
    ARRAY(SELECT one FROM met JOIN share AS one ON one.no = met.no),
    ARRAY(SELECT no FROM leaning),
    ARRAY(SELECT ARRAY[principal, grp] FROM leaned),
    ARRAY(SELECT no FROM people WHERE no IS NOT NULL),
    ARRAY(SELECT one FROM people JOIN principal AS one ON one.no = people.no),
    ARRAY(SELECT one FROM (
        SELECT no FROM people UNION SELECT org FROM known UNION SELECT 1
    ) AS holder JOIN allowance AS one ON one.no = holder.no),
    ARRAY(SELECT one FROM named JOIN group_terms AS one ON one.no = named.no),
    ARRAY(SELECT one FROM member AS one WHERE one.member = ANY($4) AND EXISTS (SELECT 1 FROM named)),
    ARRAY(SELECT one FROM verified JOIN member AS one ON one.member = verified.member AND one.grp = verified.grp),
    ARRAY(SELECT one FROM (
        SELECT no FROM named UNION SELECT member FROM verified
    ) AS taker JOIN block AS one ON one."user" = taker.no),
    ARRAY(SELECT one FROM met JOIN use AS one ON one.no = met.no),
    ARRAY(SELECT one FROM known JOIN profile AS one ON one.no = known.no WHERE $12 OR known.kind = 32),
    ARRAY(SELECT one FROM profile AS one WHERE one.name_key = ANY($7)),
    ARRAY(SELECT one FROM link_key AS one WHERE one.digest = ANY($11))
FROM instance
