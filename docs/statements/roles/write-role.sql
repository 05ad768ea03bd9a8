-- npm run statements wrote this from src/roles/write-role.

-- upsertRole
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
  "wanted" as (
    select
      value as "permission"
    from
      jsonb_array_elements_text($5::jsonb)
  ),
  "present" as (
    select
      "p"."permission"
    from
      "lumascope"."role_permissions" p
    where
      "p"."role_name" = $6
  ),
  "touched" as (
    select
      "wanted"."permission"
    from
      wanted
    union
    select
      "present"."permission"
    from
      present
  ),
  "higher" as materialized (
    select distinct
      "p"."role_name"
    from
      actor
      join "lumascope"."role_permissions" p on not "p"."permission" = any (actor.permissions)
  ),
  "superiors" as materialized (
    select
      "theirs"."user_id"
    from
      higher
      cross join lateral (
        select
          "r"."user_id"
        from
          "lumascope"."user_roles" r
        where
          "r"."role_name" = "higher"."role_name"
        order by
          "r"."user_id"
        limit
          $7::integer
      ) as theirs
    limit
      $8::integer
  ),
  "holders" as materialized (
    select
      "r"."user_id"
    from
      "lumascope"."user_roles" r
    where
      "r"."role_name" = $9::text
    order by
      "r"."user_id"
    limit
      $10::integer
  ),
  "decision" as (
    select
      case
        when not $11::text = any (actor.permissions) then 'forbidden'
        when $12::boolean
        and exists (
          select
          from
            "lumascope"."roles"
          where
            "lumascope"."roles"."name" = $13
        ) then 'exists'
        when exists (
          select
          from
            touched
          where
            not "touched"."permission" = any (actor.permissions)
        ) then 'exceeds'
        when (
          exists (
            select
            from
              holders
          )
          and (
            exists (
              select
              from
                superiors
              where
                (
                  select
                    true
                  from
                    "lumascope"."user_roles" r
                  where
                    "r"."user_id" = "superiors"."user_id"
                    and "r"."role_name" = $14::text
                )
            )
            or (
              select
                count(*) > $15::integer
              from
                superiors
            )
            and (
              (
                select
                  count(*) > $16::integer
                from
                  holders
              )
              or exists (
                select
                from
                  holders
                  cross join higher
                where
                  (
                    select
                      true
                    from
                      "lumascope"."user_roles" r
                    where
                      "r"."user_id" = "holders"."user_id"
                      and "r"."role_name" = "higher"."role_name"
                  )
              )
            )
          )
        ) then 'outranked'
        when exists (
          select
          from
            "lumascope"."roles"
          where
            "lumascope"."roles"."name" = $17
        ) then 'replaced'
        else 'created'
      end as outcome
    from
      actor
  ),
  "written" as (
    insert into
      "lumascope"."roles" ("name", "description")
    select
      $18,
      $19
    from
      decision
    where
      decision.outcome in ('created', 'replaced')
    on conflict ("name") do update
    set
      "description" = excluded."description"
    returning
      "name"
  ),
  "taken" as (
    delete from "lumascope"."role_permissions" p using written
    where
      "p"."role_name" = "written"."name"
      and "p"."permission" not in (
        select
          "wanted"."permission"
        from
          wanted
      )
  ),
  "given" as (
    insert into
      "lumascope"."role_permissions" ("role_name", "permission")
    select
      "written"."name",
      "wanted"."permission"
    from
      written,
      wanted
    on conflict do nothing
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
      $20::timestamptz,
      $21::text,
      null::integer,
      actor.user_id::integer,
      actor.session_id::uuid,
      $22::text,
      $23::text,
      jsonb_build_object('role', $24::text, 'permissions', $25::jsonb)::jsonb
    from
      actor,
      decision
    where
      decision.outcome in ('created', 'replaced')
  )
select
  decision.outcome as "outcome"
from
  decision;
