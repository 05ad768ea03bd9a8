-- npm run statements wrote this from src/sessions/refresh.

-- rotateSession
with
  "locked" as (
    select
      s.*,
      "s"."generation" = $1 as is_current,
      "s"."replaced_at" ["s"."generation" - $2::integer] > $3::timestamptz
      or "s"."generation" = $4::integer + 1
      and "s"."replaced_at" [1] > $5::timestamptz as is_grace
    from
      "lumascope"."sessions" s
      join "lumascope"."users" u on "u"."id" = "s"."user_id"
    where
      "s"."id" = $6::uuid
      and "s"."generation" >= $7
      and (
        "s"."revoked_at" is null
        and "s"."idle_expires_at" > $8::timestamptz
        and "s"."expires_at" > $9::timestamptz
        and "s"."auth_version" >= "u"."auth_version"
        and "u"."disabled_at" is null
      )
    for update of
      s
  ),
  "rotated" as (
    update "lumascope"."sessions" s
    set
      "generation" = "locked"."generation" + 1,
      "last_used_at" = $10::timestamptz,
      "replaced_at" = $11::timestamptz || case
        when "locked"."replaced_at" [1] > $12::timestamptz then "locked"."replaced_at" [:$13::integer]
      end,
      "idle_expires_at" = least($14::timestamptz, "locked"."expires_at")
    from
      locked
    where
      "s"."id" = "locked"."id"
      and locked.is_current
    returning
      "s"."generation",
      "s"."idle_expires_at"
  ),
  "revoked" as (
    update "lumascope"."sessions" s
    set
      "revoked_at" = $15::timestamptz,
      "revoked_reason" = $16
    from
      locked
    where
      "s"."id" = "locked"."id"
      and not locked.is_current
      and not coalesce(locked.is_grace, false)
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
      $17::timestamptz,
      $18::text,
      user_id::integer,
      null::integer,
      id::uuid,
      $19::text,
      $20::text,
      '{}'::jsonb
    from
      revoked
  )
select
  case
    when is_current then 'rotated'
    when is_grace then 'grace'
    else 'replayed'
  end as "outcome",
  coalesce("rotated"."generation", "locked"."generation") as "generation",
  coalesce(
    "rotated"."idle_expires_at",
    "locked"."idle_expires_at"
  ) as "idleExpiresAt",
  "locked"."created_at" as "sessionCreatedAt",
  "u"."id" as "id",
  "u"."username" as "username",
  "u"."email" as "email",
  "u"."full_name" as "fullName",
  array(
    select
      "own"."role_name"
    from
      "lumascope"."user_roles" own
    where
      "own"."user_id" = "u"."id"
    order by
      1
  ) as "roles",
  "u"."email_verified_at" as "emailVerifiedAt",
  "u"."user_metadata" as "userMetadata",
  "u"."app_metadata" as "appMetadata",
  "u"."created_at" as "createdAt",
  "u"."updated_at" as "updatedAt",
  array(
    select distinct
      "given"."permission"
    from
      "lumascope"."user_roles" held
      join "lumascope"."role_permissions" given on "given"."role_name" = "held"."role_name"
    where
      "held"."user_id" = "u"."id"
    order by
      1
  ) as "permissions"
from
  locked
  join "lumascope"."users" u on "u"."id" = "locked"."user_id"
  left join rotated on true;
