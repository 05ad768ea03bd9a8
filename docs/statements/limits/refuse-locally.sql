-- npm run statements wrote this from src/limits/refuse-locally.

-- reportRefusal
with
  "refused" as (
    select
      $1::text as key,
      $2::integer as seconds
  ),
  "reported" as (
    update "lumascope"."rate_limits" r
    set
      "reported_at" = $3::timestamptz
    from
      refused
    where
      "r"."key" = refused.key
      and (
        "r"."reported_at" is null
        or "r"."reported_at" <= $4::timestamptz - make_interval(secs => refused.seconds)
      )
    returning
      refused.*
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
      jsonb_build_object('limit', $9::text)::jsonb
    from
      reported
  )
select
  exists (
    select
    from
      reported
  ) as "isReported";
