-- npm run statements wrote this from src/sessions/end.

-- revokeSession, one’s own
with
  "caller" as (
    select
      "u"."id" as user_id,
      "u"."auth_version",
      "s"."id" as session_id
    from
      "lumascope"."users" u
      join "lumascope"."sessions" s on "s"."user_id" = "u"."id"
    where
      "u"."id" = $1
      and "s"."id" = $2::uuid
      and (
        "s"."revoked_at" is null
        and "s"."idle_expires_at" > $3::timestamptz
        and "s"."expires_at" > $4::timestamptz
        and "s"."auth_version" >= "u"."auth_version"
        and "u"."disabled_at" is null
      )
    for no key update of
      u,
      s
  ),
  "ended" as (
    update "lumascope"."sessions" s
    set
      "revoked_at" = $5::timestamptz,
      "revoked_reason" = $6
    from
      caller
    where
      "s"."user_id" = caller.user_id
      and "s"."id" = $7::uuid
      and (
        "s"."id" = caller.session_id
        or (
          "s"."revoked_at" is null
          and "s"."idle_expires_at" > $8::timestamptz
          and "s"."expires_at" > $9::timestamptz
          and "s"."auth_version" >= caller.auth_version
          and null is null
        )
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
      $10::timestamptz,
      $11::text,
      user_id::integer,
      user_id::integer,
      id::uuid,
      $12::text,
      $13::text,
      '{}'::jsonb
    from
      ended
  )
select
  exists (
    select
    from
      ended
  ) as "isDone"
from
  caller;

-- revokeSession, by its token
with
  "caller" as (
    select
      "u"."id" as user_id,
      "u"."auth_version",
      "s"."id" as session_id
    from
      "lumascope"."users" u
      join "lumascope"."sessions" s on "s"."user_id" = "u"."id"
    where
      true
      and "s"."id" = $1::uuid
      and (
        "s"."revoked_at" is null
        and "s"."idle_expires_at" > $2::timestamptz
        and "s"."expires_at" > $3::timestamptz
        and "s"."auth_version" >= "u"."auth_version"
        and "u"."disabled_at" is null
      )
    for no key update of
      u,
      s
  ),
  "ended" as (
    update "lumascope"."sessions" s
    set
      "revoked_at" = $4::timestamptz,
      "revoked_reason" = $5
    from
      caller
    where
      "s"."user_id" = caller.user_id
      and "s"."id" = $6::uuid
      and (
        "s"."id" = caller.session_id
        or (
          "s"."revoked_at" is null
          and "s"."idle_expires_at" > $7::timestamptz
          and "s"."expires_at" > $8::timestamptz
          and "s"."auth_version" >= caller.auth_version
          and null is null
        )
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
      $9::timestamptz,
      $10::text,
      user_id::integer,
      user_id::integer,
      id::uuid,
      $11::text,
      $12::text,
      '{}'::jsonb
    from
      ended
  )
select
  exists (
    select
    from
      ended
  ) as "isDone"
from
  caller;
