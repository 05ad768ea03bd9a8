-- npm run statements wrote this from src/roles/grant-role.

-- setUserRole
select
from
  "lumascope"."roles"
where
  "lumascope"."roles"."name" = $1
for no key update;

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
  "decision" as (
    select
      exists (
        select
        from
          "lumascope"."roles"
        where
          "lumascope"."roles"."name" = $2
      ) as has_role,
      not $3::boolean
      and $4 = $5
      and exists (
        select
        from
          subject
        where
          (
            "subject"."disabled_at" is null
            and exists (
              select
              from
                "lumascope"."user_roles" held
              where
                "held"."user_id" = "subject"."id"
                and "held"."role_name" = $6
            )
            and not exists (
              select
              from
                "lumascope"."user_roles" held
                join "lumascope"."users" others on "others"."id" = "held"."user_id"
              where
                "held"."role_name" = $7
                and "others"."id" <> "subject"."id"
                and "others"."disabled_at" is null
            )
          )
      ) as is_last
  ),
  "granted" as (
    insert into
      "lumascope"."user_roles" ("user_id", "role_name")
    select
      "subject"."id",
      $8
    from
      subject,
      decision
    where
      $9::boolean
      and decision.has_role
    on conflict do nothing
    returning
      "role_name"
  ),
  "revoked" as (
    delete from "lumascope"."user_roles" r using subject,
    decision
    where
      "r"."user_id" = "subject"."id"
      and "r"."role_name" = $10
      and not $11::boolean
      and not decision.is_last
    returning
      "r"."role_name"
  ),
  "changes" as (
    select
      array(
        select
          "granted"."role_name"
        from
          granted
      ) as granted,
      array(
        select
          "revoked"."role_name"
        from
          revoked
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
      "updated_at" = $12::timestamptz
    from
      subject,
      changes
    where
      "u"."id" = "subject"."id"
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
      "subject"."id"::integer,
      null::integer,
      null::uuid,
      $15::text,
      $16::text,
      to_jsonb(changes)::jsonb
    from
      subject,
      changes
  )
select
  "subject"."id" as "userId",
  decision.has_role as "hasRole",
  decision.is_last as "isLast",
  exists (
    select
    from
      changes
  ) as "isChanged",
  "subject"."disabled_at" is null
  and greatest(
    0,
    "subject"."consecutive_failures" - coalesce(
      floor(
        greatest(
          0,
          extract(
            epoch
            from
              $17::timestamptz - "subject"."last_failed_at"
          )
        ) / $18::integer
      ),
      0
    )::integer
  ) < $19 as "canSignIn",
  array(
    select
      "r"."role_name"
    from
      "lumascope"."user_roles" r
    where
      "r"."user_id" = "subject"."id"
      and "r"."role_name" not in (
        select
          "revoked"."role_name"
        from
          revoked
      )
    union
    select
      "granted"."role_name"
    from
      granted
    order by
      1
  ) as "roles"
from
  decision
  left join subject on true;
