-- npm run statements wrote this from src/schedule/purge.

-- deleteBefore
with
  "deleted" as (
    delete from "lumascope"."sessions"
    where
      ctid = any (
        array(
          select
            ctid
          from
            "lumascope"."sessions"
          where
            "idle_expires_at" < $1::timestamptz
          order by
            "idle_expires_at"
          limit
            $2
          for update
            skip locked
        )
      )
    returning
      1
  )
select
  count(*)::integer as "deleted"
from
  deleted;
