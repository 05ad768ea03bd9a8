-- npm run statements wrote this from src/outbox/operate.

-- selectWaiting
select
  "o"."id" as "id",
  "o"."kind" as "kind",
  "o"."payload" as "payload",
  "o"."created_at" as "createdAt",
  "o"."attempts" as "attempts",
  "o"."not_before" as "notBefore",
  "o"."given_up_at" as "givenUpAt",
  "o"."last_error" as "lastError"
from
  "lumascope"."outbox" o
where
  "o"."sent_at" is null
order by
  "o"."created_at" desc,
  "o"."id"
limit
  $1;

-- retryWaiting
with
  "retried" as (
    update "lumascope"."outbox" o
    set
      "not_before" = $1::timestamptz,
      "give_up_at" = greatest(
        "o"."give_up_at",
        $2::timestamptz + make_interval(secs => $3::integer)
      ),
      "locked_until" = $4,
      "given_up_at" = $5
    where
      "o"."sent_at" is null
      and (
        $6::uuid is null
        or "o"."id" = $7::uuid
      )
    returning
      o.*
  )
select
  "retried"."id" as "id"
from
  retried;
