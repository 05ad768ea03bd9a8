-- npm run statements wrote this from src/roles/delete-role.

-- deleteUnusedRole
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
  "decision" as (
    select
      case
        when not $5::text = any (actor.permissions) then 'forbidden'
        when not exists (
          select
          from
            "lumascope"."roles"
          where
            "lumascope"."roles"."name" = $6
        ) then 'not_found'
        when $7 in ($8, $9) then 'built_in'
        when exists (
          select
          from
            "lumascope"."user_roles"
          where
            "lumascope"."user_roles"."role_name" = $10
        ) then 'in_use'
        when not array(
          select
            "p"."permission"
          from
            "lumascope"."role_permissions" p
          where
            "p"."role_name" = $11
          order by
            1
        ) <@ actor.permissions then 'exceeds'
        else 'deleted'
      end as outcome
    from
      actor
  ),
  "deleted" as (
    delete from "lumascope"."roles" using decision
    where
      "lumascope"."roles"."name" = $12
      and decision.outcome = 'deleted'
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
      $13::timestamptz,
      $14::text,
      null::integer,
      actor.user_id::integer,
      actor.session_id::uuid,
      $15::text,
      $16::text,
      jsonb_build_object('role', $17::text)::jsonb
    from
      actor,
      decision
    where
      decision.outcome = 'deleted'
  )
select
  decision.outcome as "outcome"
from
  decision;
