-- npm run statements wrote this from src/outbox/claim.

-- claimDeliveries
with
  "claimed" as (
    update "lumascope"."outbox"
    set
      "locked_until" = $1::timestamptz + make_interval(secs => $2::integer),
      "attempts" = "lumascope"."outbox"."attempts" + 1
    where
      "lumascope"."outbox"."id" in (
        select
          "o"."id"
        from
          "lumascope"."outbox" o
        where
          "o"."sent_at" is null
          and "o"."given_up_at" is null
          and "o"."not_before" <= $3::timestamptz
          and "o"."give_up_at" > $4::timestamptz
          and (
            "o"."locked_until" is null
            or "o"."locked_until" <= $5::timestamptz
          )
        order by
          "o"."not_before"
        limit
          $6
        for update
          skip locked
      )
    returning
      *
  ),
  "given_up" as (
    update "lumascope"."outbox"
    set
      "given_up_at" = $7::timestamptz,
      "locked_until" = $8
    where
      "lumascope"."outbox"."id" in (
        select
          "o"."id"
        from
          "lumascope"."outbox" o
        where
          "o"."sent_at" is null
          and "o"."given_up_at" is null
          and "o"."give_up_at" <= $9::timestamptz
          and (
            "o"."locked_until" is null
            or "o"."locked_until" <= $10::timestamptz
          )
        limit
          $11
        for update
          skip locked
      )
    returning
      *
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
      $12::timestamptz,
      $13::text,
      ("given_up"."payload" ->> 'user_id')::integer,
      null::integer,
      null::uuid,
      $14::text,
      $15::text,
      jsonb_build_object(
        'kind',
        "given_up"."kind",
        'message',
        "given_up"."payload" -> 'message'
      )::jsonb
    from
      "given_up"
  )
select
  "claimed"."id" as "id",
  "claimed"."kind" as "kind",
  "claimed"."payload" as "payload",
  "claimed"."attempts" as "attempts",
  (
    extract(
      epoch
      from
        "claimed"."locked_until"
    ) * 1000
  )::double precision as "lockedUntil"
from
  claimed;
