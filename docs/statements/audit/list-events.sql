-- npm run statements wrote this from src/audit/list-events.

-- selectOwnEvents
with
  "page" as (
    select
      e.*
    from
      "lumascope"."audit_events" e
    where
      true
      and "e"."user_id" = $1
    order by
      "e"."occurred_at" desc,
      "e"."id" desc
    limit
      $2
  )
select
  "page"."id" as "id",
  "page"."occurred_at" as "occurredAt",
  "page"."type" as "type",
  "page"."user_id" as "userId",
  "page"."actor_id" as "actorId",
  "page"."session_id" as "sessionId",
  "page"."ip_address" as "ipAddress",
  "page"."user_agent" as "userAgent",
  "page"."details" as "details"
from
  page
order by
  "page"."occurred_at" desc,
  "page"."id" desc;

-- selectEvents
with
  "actor" as (
    select
      "u"."id" as user_id,
      $1::uuid as session_id,
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
      "u"."id" = $2
      and (
        select
          "s"."user_id" = "u"."id"
          and (
            "s"."revoked_at" is null
            and "s"."idle_expires_at" > $3::timestamptz
            and "s"."expires_at" > $4::timestamptz
            and "s"."auth_version" >= "u"."auth_version"
            and "u"."disabled_at" is null
          )
        from
          "lumascope"."sessions" s
        where
          "s"."id" = $5::uuid
      )
  ),
  "decision" as (
    select
      case
        when not $6::text = any (actor.permissions) then 'forbidden'
        else 'done'
      end as outcome
    from
      actor
  ),
  "reading" as (
    select
      actor.user_id,
      actor.session_id
    from
      actor,
      decision
    where
      decision.outcome = 'done'
      and actor.user_id is distinct from $7::integer
  ),
  "noted" as (
    insert into
      "lumascope"."rate_limits" as "r" (
        "key",
        "theoretical_arrival_at",
        "attempts",
        "expires_at"
      )
    select
      $8,
      $9::timestamptz + make_interval(secs => $10),
      $11,
      $12::timestamptz + make_interval(secs => $13)
    from
      reading
    where
      not exists (
        select
        from
          "lumascope"."rate_limits" earlier
        where
          "earlier"."key" = $14
          and "earlier"."theoretical_arrival_at" > $15::timestamptz
      )
    on conflict ("key") do update
    set
      "theoretical_arrival_at" = greatest("r"."theoretical_arrival_at", $16::timestamptz) + make_interval(secs => $17),
      "attempts" = "r"."attempts" + 1,
      "expires_at" = excluded."expires_at"
    where
      "r"."theoretical_arrival_at" <= $18::timestamptz + make_interval(secs => $19)
    returning
      "r"."attempts"
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
      $22::integer::integer,
      reading.user_id::integer,
      reading.session_id::uuid,
      $23::text,
      $24::text,
      jsonb_build_object('data', $25::text)::jsonb
    from
      reading,
      noted
  ),
  "page" as (
    select
      e.*
    from
      "lumascope"."audit_events" e
    where
      true
    order by
      "e"."occurred_at" desc,
      "e"."id" desc
    limit
      $26
  )
select
  decision.outcome as "outcome",
  not array(
    select distinct
      "given"."permission"
    from
      "lumascope"."user_roles" held
      join "lumascope"."role_permissions" given on "given"."role_name" = "held"."role_name"
    where
      "held"."user_id" = coalesce("page"."actor_id", "page"."user_id")
    order by
      1
  ) <@ actor.permissions as "isHidden",
  "page"."id" as "id",
  "page"."occurred_at" as "occurredAt",
  "page"."type" as "type",
  "page"."user_id" as "userId",
  "page"."actor_id" as "actorId",
  "page"."session_id" as "sessionId",
  "page"."ip_address" as "ipAddress",
  "page"."user_agent" as "userAgent",
  "page"."details" as "details"
from
  actor,
  decision
  left join page on decision.outcome = 'done'
order by
  "page"."occurred_at" desc,
  "page"."id" desc;
