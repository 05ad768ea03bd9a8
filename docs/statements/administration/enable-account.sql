-- npm run statements wrote this from src/administration/enable-account.

-- enableUser
with
  "subject" as (
    select
      u.*
    from
      "lumascope"."users" u
    where
      lower("u"."email") = $1
    for no key update
  ),
  "changed" as (
    update "lumascope"."users" u
    set
      "disabled_at" = $2,
      "disabled_reason" = $3,
      "consecutive_failures" = 0,
      "updated_at" = $4::timestamptz
    from
      subject
    where
      "u"."id" = "subject"."id"
      and (
        "subject"."disabled_at" is not null
        or "subject"."consecutive_failures" > 0
      )
    returning
      "u"."id"
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
      "subject"."id"::integer,
      null::integer,
      null::uuid,
      $7::text,
      $8::text,
      '{}'::jsonb
    from
      subject
    where
      "subject"."disabled_at" is not null
    union all
    select
      $9::timestamptz,
      $10::text,
      "subject"."id"::integer,
      null::integer,
      null::uuid,
      $11::text,
      $12::text,
      '{}'::jsonb
    from
      subject
    where
      "subject"."consecutive_failures" > 0
  )
select
  "subject"."id" as "userId",
  exists (
    select
    from
      changed
  ) as "isChanged",
  "subject"."password_hash" is not null as "hasPassword"
from
  subject;
