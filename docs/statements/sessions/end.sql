-- npm run statements wrote this from src/sessions/end.

-- revokeSession
with
  "ended" as (
    update "lumascope"."sessions" s
    set
      "revoked_at" = $1::timestamptz,
      "revoked_reason" = $2
    from
      "lumascope"."users" u
    where
      "u"."id" = "s"."user_id"
      and "s"."id" = $3::uuid
      and "s"."user_id" = $4
      and (
        "s"."revoked_at" is null
        and "s"."idle_expires_at" > $5::timestamptz
        and "s"."expires_at" > $6::timestamptz
        and "s"."auth_version" >= "u"."auth_version"
        and "u"."disabled_at" is null
      )
    returning
      "s"."id",
      "s"."user_id"
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
      $7::timestamptz,
      $8::text,
      user_id::integer,
      user_id::integer,
      id::uuid,
      $9::text,
      $10::text,
      '{}'::jsonb
    from
      ended
  )
select
  id as "id"
from
  ended;
