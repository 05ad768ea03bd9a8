-- npm run statements wrote this from src/passwords/confirm.

-- insertFailedConfirmation
with
  "failed" as (
    update "lumascope"."users" u
    set
      "consecutive_failures" = greatest(
        0,
        "u"."consecutive_failures" - coalesce(
          floor(
            greatest(
              0,
              extract(
                epoch
                from
                  $1::timestamptz - "u"."last_failed_at"
              )
            ) / $2::integer
          ),
          0
        )::integer
      ) + 1,
      "last_failed_at" = $3::timestamptz
    where
      "u"."id" = $4
      and not $5::boolean
      and greatest(
        0,
        "u"."consecutive_failures" - coalesce(
          floor(
            greatest(
              0,
              extract(
                epoch
                from
                  $6::timestamptz - "u"."last_failed_at"
              )
            ) / $7::integer
          ),
          0
        )::integer
      ) < $8
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
      $9::timestamptz,
      $10::text,
      $11::integer,
      $12::integer,
      $13::uuid,
      $14::text,
      $15::text,
      '{}'::jsonb
  )
select
  true as "isCounted";
