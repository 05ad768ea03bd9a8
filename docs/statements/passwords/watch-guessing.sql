-- npm run statements wrote this from src/passwords/watch-guessing.

-- recordGuessing
with
  "counted" as (
    select
      count(*)::integer as failed,
      count(distinct "failure"."user_id")::integer as accounts,
      count(distinct "failure"."ip_address")::integer as networks
    from
      (
        select
          "e"."user_id",
          "e"."ip_address"
        from
          "lumascope"."audit_events" e
        where
          "e"."type" = 'sign_in_failed'
          and "e"."occurred_at" >= $1::timestamptz
        order by
          "e"."occurred_at" desc
        limit
          $2
      ) as failure
  ),
  "alarm" as (
    select
      *
    from
      counted
    where
      failed >= $3
      and not exists (
        select
        from
          "lumascope"."audit_events" e
        where
          "e"."type" = 'guessing_suspected'
          and "e"."occurred_at" > $4::timestamptz
      )
  ),
  "recorded" as (
    insert into
      "lumascope"."audit_events" (
        "occurred_at",
        "type",
        "user_id",
        "actor_id",
        "session_id",
        "ip_address",
        "user_agent",
        "details"
      )
    select
      $5::timestamptz,
      $6::text,
      null::integer,
      null::integer,
      null::uuid,
      $7::text,
      $8::text,
      to_jsonb(alarm)::jsonb
    from
      alarm
  )
select
  failed as "failed",
  accounts as "accounts",
  networks as "networks"
from
  alarm;
