-- npm run statements wrote this from src/outbox/record.

-- recordSent
with
  "sent" as (
    update "lumascope"."outbox" o
    set
      "sent_at" = $1::timestamptz,
      "locked_until" = $2,
      "last_error" = $3
    where
      "o"."id" = $4::uuid
      and "o"."sent_at" is null
  )
select
  true as "isDone";

-- recordFailure
with
  "failed" as (
    update "lumascope"."outbox" o
    set
      "not_before" = $1::timestamptz,
      "locked_until" = $2,
      "last_error" = $3,
      "given_up_reason" = case
        when $4::boolean then 'refused'
        when "o"."give_up_at" <= $5::timestamptz then 'expired'
      end,
      "given_up_at" = case
        when $6::boolean
        or "o"."give_up_at" <= $7::timestamptz then $8::timestamptz
      end
    where
      "o"."id" = $9::uuid
      and "o"."attempts" = $10
      and "o"."sent_at" is null
    returning
      o.*
  ),
  "given_up" as (
    select
      *
    from
      failed
    where
      "failed"."given_up_at" is not null
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
      $11::timestamptz,
      $12::text,
      "given_up"."user_id"::integer,
      null::integer,
      null::uuid,
      $13::text,
      $14::text,
      jsonb_build_object(
        'kind',
        "given_up"."kind",
        'name',
        "given_up"."name"
      )::jsonb
    from
      "given_up"
  )
select
  true as "isDone";
