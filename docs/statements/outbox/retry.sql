-- npm run statements wrote this from src/outbox/retry.

-- retryWaiting
with
  "retried" as (
    update "lumascope"."outbox" o
    set
      "not_before" = $1::timestamptz,
      "give_up_at" = least(
        "o"."expires_at",
        $2::timestamptz + make_interval(secs => $3::integer)
      ),
      "locked_until" = $4,
      "given_up_at" = $5,
      "given_up_reason" = $6,
      "attempts" = $7
    where
      "o"."sent_at" is null
      and (
        $8::uuid is null
        or "o"."id" = $9::uuid
      )
      and (
        "o"."locked_until" is null
        or "o"."locked_until" <= $10::timestamptz
      )
      and (
        "o"."expires_at" is null
        or "o"."expires_at" > $11::timestamptz
      )
      and "o"."given_up_reason" is distinct from 'replaced'
    returning
      o.*
  )
select
  "retried"."id" as "id"
from
  retried;
