-- npm run statements wrote this from src/audit/record-denial.

-- insertDenial
with
  "refused" as (
    select
      "u"."id" as user_id
    from
      "lumascope"."users" u
    where
      "u"."id" = $1
      and (
        select
          "s"."user_id" = "u"."id"
          and (
            "s"."revoked_at" is null
            and "s"."idle_expires_at" > $2::timestamptz
            and "s"."expires_at" > $3::timestamptz
            and "s"."auth_version" >= "u"."auth_version"
            and "u"."disabled_at" is null
          )
        from
          "lumascope"."sessions" s
        where
          "s"."id" = $4::uuid
      )
  ),
  "noted" as (
    insert into
      "lumascope"."rate_limits" as "r" (
        "key",
        "theoretical_arrival_at",
        "attempts",
        "expires_at"
      )
    select
      $5,
      $6::timestamptz + make_interval(secs => $7),
      $8,
      $9::timestamptz + make_interval(secs => $10)
    from
      refused
    where
      not exists (
        select
        from
          "lumascope"."rate_limits" earlier
        where
          "earlier"."key" = $11
          and "earlier"."theoretical_arrival_at" > $12::timestamptz
      )
    on conflict ("key") do update
    set
      "theoretical_arrival_at" = greatest("r"."theoretical_arrival_at", $13::timestamptz) + make_interval(secs => $14),
      "attempts" = "r"."attempts" + 1,
      "expires_at" = excluded."expires_at"
    where
      "r"."theoretical_arrival_at" <= $15::timestamptz + make_interval(secs => $16)
    returning
      "r"."attempts"
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
      $17::timestamptz,
      $18::text,
      refused.user_id::integer,
      refused.user_id::integer,
      $19::uuid,
      $20::text,
      $21::text,
      $22::jsonb::jsonb
    from
      refused,
      noted
  )
select
  count(*) as "recorded"
from
  noted;
