-- npm run statements wrote this from src/users/change-profile.

-- updateProfile
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
  "before" as (
    select
      u.*
    from
      "lumascope"."users" u
      join caller on "u"."id" = caller.user_id
    for no key update of
      u
  ),
  "changed" as (
    update "lumascope"."users" u
    set
      "username" = coalesce($5, "before"."username"),
      "full_name" = coalesce($6, "before"."full_name"),
      "updated_at" = $7::timestamptz
    from
      before
    where
      "u"."id" = "before"."id"
      and ("before"."username", "before"."full_name") is distinct from (
        coalesce($8, "before"."username"),
        coalesce($9, "before"."full_name")
      )
    returning
      u.*
  ),
  "current" as (
    select
      *
    from
      changed
    union all
    select
      *
    from
      before
    where
      not exists (
        select
        from
          changed
      )
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
      caller.user_id::integer,
      caller.user_id::integer,
      caller.session_id::uuid,
      $12::text,
      $13::text,
      jsonb_build_object('members', $14::jsonb)::jsonb
    from
      caller,
      changed
  )
select
  "current"."id" as "id",
  "current"."username" as "username",
  "current"."email" as "email",
  "current"."full_name" as "fullName",
  array(
    select
      "own"."role_name"
    from
      "lumascope"."user_roles" own
    where
      "own"."user_id" = "current"."id"
    order by
      1
  ) as "roles",
  "current"."email_verified_at" as "emailVerifiedAt",
  "current"."created_at" as "createdAt",
  "current"."updated_at" as "updatedAt"
from
  current;
