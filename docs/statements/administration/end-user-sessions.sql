-- npm run statements wrote this from src/administration/end-user-sessions.

-- raiseAuthVersion
select
from
  "lumascope"."roles",
  "lumascope"."users"
where
  "lumascope"."roles"."name" = $1
  and "lumascope"."users"."id" = $2
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
      "u"."id" = $5
    for no key update of
      u
  ),
  "decision" as (
    select
      case
        when not $6::text = any (actor.permissions) then 'forbidden'
        when "subject"."id" is null then 'not_found'
        when not subject.permissions <@ actor.permissions then 'outranked'
        else 'done'
      end as outcome
    from
      actor
      left join subject on true
  ),
  "live" as (
    select
    from
      "lumascope"."sessions" s
      join subject on "s"."user_id" = "subject"."id"
    where
      (
        "s"."revoked_at" is null
        and "s"."idle_expires_at" > $7::timestamptz
        and "s"."expires_at" > $8::timestamptz
        and "s"."auth_version" >= "subject"."auth_version"
        and "subject"."disabled_at" is null
      )
    limit
      1
    for no key update of
      s
  ),
  "raised" as (
    update "lumascope"."users" u
    set
      "auth_version" = "u"."auth_version" + 1
    from
      decision
    where
      "u"."id" = $9
      and decision.outcome = 'done'
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
      "subject"."id"::integer,
      actor.user_id::integer,
      actor.session_id::uuid,
      $12::text,
      $13::text,
      '{"sessions":"all"}'::jsonb
    from
      actor,
      subject,
      decision,
      live
    where
      decision.outcome = 'done'
  )
select
  decision.outcome as "outcome"
from
  decision;
