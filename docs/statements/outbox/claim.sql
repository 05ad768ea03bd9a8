-- npm run statements wrote this from src/outbox/claim.

-- claimDeliveries
with
  "due" as materialized (
    select
      "o"."id"
    from
      "lumascope"."outbox" o
    where
      "o"."sent_at" is null
      and "o"."given_up_at" is null
      and "o"."kind" = $1
      and "o"."not_before" <= $2::timestamptz
      and "o"."give_up_at" > $3::timestamptz
      and not (
        "o"."is_replaceable"
        and exists (
          select
          from
            "lumascope"."outbox" newer
          where
            "newer"."recipient" = "o"."recipient"
            and "newer"."name" = "o"."name"
            and "newer"."kind" = "o"."kind"
            and "newer"."user_id" = "o"."user_id"
            and "newer"."number" > "o"."number"
        )
      )
      and (
        "o"."locked_until" is null
        or "o"."locked_until" <= $4::timestamptz
      )
    order by
      least("o"."attempts", $5),
      "o"."not_before",
      "o"."id"
    limit
      $6
    for update
      skip locked
  ),
  "claimed" as (
    update "lumascope"."outbox" o
    set
      "locked_until" = $7::timestamptz + make_interval(secs => $8::integer),
      "attempts" = "o"."attempts" + 1
    from
      due
    where
      "o"."id" = due.id
    returning
      o.*
  ),
  "given_up" as (
    update "lumascope"."outbox"
    set
      "given_up_at" = $9::timestamptz,
      "given_up_reason" = $10,
      "locked_until" = $11
    where
      "lumascope"."outbox"."id" in (
        select
          "o"."id"
        from
          "lumascope"."outbox" o
        where
          "o"."sent_at" is null
          and "o"."given_up_at" is null
          and "o"."give_up_at" <= $12::timestamptz
          and (
            "o"."locked_until" is null
            or "o"."locked_until" <= $13::timestamptz
          )
        limit
          $14
        for update
          skip locked
      )
    returning
      *
  ),
  "replaced" as (
    update "lumascope"."outbox"
    set
      "given_up_at" = $15::timestamptz,
      "given_up_reason" = $16,
      "locked_until" = $17
    where
      "lumascope"."outbox"."id" in (
        select
          "o"."id"
        from
          "lumascope"."outbox" o
        where
          "o"."sent_at" is null
          and "o"."given_up_at" is null
          and "o"."give_up_at" > $18::timestamptz
          and (
            "o"."is_replaceable"
            and exists (
              select
              from
                "lumascope"."outbox" newer
              where
                "newer"."recipient" = "o"."recipient"
                and "newer"."name" = "o"."name"
                and "newer"."kind" = "o"."kind"
                and "newer"."user_id" = "o"."user_id"
                and "newer"."number" > "o"."number"
            )
          )
          and (
            "o"."locked_until" is null
            or "o"."locked_until" <= $19::timestamptz
          )
        limit
          $20
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
      $21::timestamptz,
      $22::text,
      "given_up"."user_id"::integer,
      null::integer,
      null::uuid,
      $23::text,
      $24::text,
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
  "claimed"."id" as "id",
  "claimed"."kind" as "kind",
  "claimed"."name" as "name",
  "claimed"."recipient" as "recipient",
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
