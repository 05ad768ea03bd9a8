-- npm run statements wrote this from src/administration/assign-roles.

-- replaceUserRoles
select
from
  "lumascope"."roles"
where
  "lumascope"."roles"."name" = $1
for no key update;

with
  "wanted" as (
    select
      value as "name"
    from
      jsonb_array_elements_text($1::jsonb)
  ),
  "caller" as (
    select
      "u"."id" as user_id,
      "u"."auth_version",
      "s"."id" as session_id
    from
      "lumascope"."users" u
      join "lumascope"."sessions" s on "s"."user_id" = "u"."id"
    where
      "u"."id" = $2
      and "s"."id" = $3::uuid
      and (
        "s"."revoked_at" is null
        and "s"."idle_expires_at" > $4::timestamptz
        and "s"."expires_at" > $5::timestamptz
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
  "subject" as (
    select
      u.*,
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
      ) as permissions
    from
      "lumascope"."users" u
    where
      "u"."id" = $6
    for no key update of
      u
  ),
  "decision" as (
    select
      case
        when not $7::text = any (actor.permissions) then 'forbidden'
        when "subject"."id" is null then 'not_found'
        when not subject.permissions <@ actor.permissions then 'outranked'
        when exists (
          select
            "wanted"."name"
          from
            wanted
          where
            "wanted"."name" not in (
              select
                "lumascope"."roles"."name"
              from
                "lumascope"."roles"
            )
        ) then 'unknown_roles'
        when exists (
          select
          from
            "lumascope"."role_permissions" p
          where
            "p"."role_name" in (
              select
                "wanted"."name"
              from
                wanted
            )
            and not "p"."permission" = any (actor.permissions)
        ) then 'exceeds'
        when not $8 in (
          select
            "wanted"."name"
          from
            wanted
        )
        and (
          "subject"."disabled_at" is null
          and exists (
            select
            from
              "lumascope"."user_roles" held
            where
              "held"."user_id" = "subject"."id"
              and "held"."role_name" = $9
          )
          and not exists (
            select
            from
              "lumascope"."user_roles" held
              join "lumascope"."users" others on "others"."id" = "held"."user_id"
            where
              "held"."role_name" = $10
              and "others"."id" <> "subject"."id"
              and "others"."disabled_at" is null
          )
        ) then 'last_admin'
        else 'done'
      end as outcome
    from
      actor
      left join subject on true
  ),
  "revoked" as (
    delete from "lumascope"."user_roles" r using decision
    where
      "r"."user_id" = $11
      and decision.outcome = 'done'
      and not "r"."role_name" in (
        select
          "wanted"."name"
        from
          wanted
      )
    returning
      "r"."role_name"
  ),
  "granted" as (
    insert into
      "lumascope"."user_roles" ("user_id", "role_name")
    select
      $12,
      "wanted"."name"
    from
      wanted,
      decision
    where
      decision.outcome = 'done'
    on conflict do nothing
    returning
      "role_name"
  ),
  "changes" as (
    select
      array(
        select
          "granted"."role_name"
        from
          granted
        order by
          1
      ) as granted,
      array(
        select
          "revoked"."role_name"
        from
          revoked
        order by
          1
      ) as revoked
    where
      exists (
        select
        from
          granted
        union all
        select
        from
          revoked
      )
  ),
  "touched" as (
    update "lumascope"."users" u
    set
      "updated_at" = $13::timestamptz
    from
      changes
    where
      "u"."id" = $14
    returning
      "u"."updated_at"
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
      "subject"."id"::integer,
      actor.user_id::integer,
      actor.session_id::uuid,
      $17::text,
      $18::text,
      to_jsonb(changes)::jsonb
    from
      actor,
      subject,
      changes
  )
select
  decision.outcome as "outcome",
  array(
    select
      "wanted"."name"
    from
      wanted
    where
      "wanted"."name" not in (
        select
          "lumascope"."roles"."name"
        from
          "lumascope"."roles"
      )
  ) as "unknownRoles",
  "subject"."id" as "id",
  "subject"."username" as "username",
  "subject"."email" as "email",
  "subject"."full_name" as "fullName",
  array(
    select
      "wanted"."name"
    from
      wanted
    order by
      1
  ) as "roles",
  "subject"."email_verified_at" as "emailVerifiedAt",
  "subject"."user_metadata" as "userMetadata",
  "subject"."app_metadata" as "appMetadata",
  "subject"."created_at" as "createdAt",
  coalesce(
    (
      select
        "touched"."updated_at"
      from
        touched
    ),
    "subject"."updated_at"
  ) as "updatedAt",
  (
    case
      when "subject"."disabled_at" is null then 'active'
      else 'disabled'
    end
  ) as "status",
  "subject"."last_login_at" as "lastLoginAt",
  "subject"."disabled_reason" as "disabledReason"
from
  decision
  left join subject on true;
