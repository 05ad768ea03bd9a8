-- npm run statements wrote this from src/administration/create-user.

-- insertAccount
select
from
  "lumascope"."roles"
where
  "lumascope"."roles"."name" = $1
for no key update;

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
  "actor" as (
    select
      user_id,
      session_id,
      array(
        select distinct
          "given"."permission"
        from
          "lumascope"."user_roles" held
          join "lumascope"."role_permissions" given on "given"."role_name" = "held"."role_name"
        where
          "held"."user_id" = caller.user_id
        order by
          1
      ) as permissions
    from
      caller
  ),
  "taken" as (
    select
      exists (
        select
        from
          "lumascope"."users" u
        where
          lower("u"."email") = lower($5)
      ) as email,
      exists (
        select
        from
          "lumascope"."users" u
        where
          lower("u"."username") = lower($6)
      ) as username
  ),
  "decision" as (
    select
      case
        when not $7::text = any (actor.permissions) then 'forbidden'
        when exists (
          select
          from
            "lumascope"."role_permissions" p
          where
            "p"."role_name" = $8
            and not "p"."permission" = any (actor.permissions)
        ) then 'exceeds'
        when taken.email then 'email'
        when taken.username then 'username'
        else 'done'
      end as outcome
    from
      actor,
      taken
  ),
  "created" as (
    insert into
      "lumascope"."users" (
        "username",
        "email",
        "full_name",
        "created_at",
        "updated_at"
      )
    select
      $9,
      $10,
      $11,
      $12::timestamptz,
      $13::timestamptz
    from
      decision
    where
      decision.outcome = 'done'
    on conflict (lower("email")) do nothing
    returning
      *
  ),
  "granted" as (
    insert into
      "lumascope"."user_roles" ("user_id", "role_name")
    select
      "created"."id",
      $14
    from
      created
    returning
      "role_name"
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
      $15::timestamptz,
      $16::text,
      "created"."id"::integer,
      actor.user_id::integer,
      actor.session_id::uuid,
      $17::text,
      $18::text,
      '{}'::jsonb
    from
      actor,
      created
  )
select
  decision.outcome as "outcome",
  "created"."id" as "id",
  "created"."username" as "username",
  "created"."email" as "email",
  "created"."full_name" as "fullName",
  array(
    select
      "granted"."role_name"
    from
      granted
  ) as "roles",
  "created"."email_verified_at" as "emailVerifiedAt",
  "created"."user_metadata" as "userMetadata",
  "created"."app_metadata" as "appMetadata",
  "created"."created_at" as "createdAt",
  "created"."updated_at" as "updatedAt",
  array(
    select
      "given"."permission"
    from
      granted
      join "lumascope"."role_permissions" given on "given"."role_name" = "granted"."role_name"
    order by
      1
  ) as "permissions"
from
  decision
  left join created on true;
