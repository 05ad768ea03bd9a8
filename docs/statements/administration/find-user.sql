-- npm run statements wrote this from src/administration/find-user.

-- selectUser
with
  "subject" as (
    select
      u.*
    from
      "lumascope"."users" u
    where
      "u"."id" = $1
  ),
  "actor" as (
    select
      "u"."id" as user_id,
      $2::uuid as session_id,
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
      "u"."id" = $3
      and (
        select
          "s"."user_id" = "u"."id"
          and (
            "s"."revoked_at" is null
            and "s"."idle_expires_at" > $4::timestamptz
            and "s"."expires_at" > $5::timestamptz
            and "s"."auth_version" >= "u"."auth_version"
            and "u"."disabled_at" is null
          )
        from
          "lumascope"."sessions" s
        where
          "s"."id" = $6::uuid
      )
  ),
  "decision" as (
    select
      case
        when not $7::text = any (actor.permissions) then 'forbidden'
        when not exists (
          select
          from
            subject
        ) then 'not_found'
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
      and actor.user_id is distinct from $8::integer
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
      $9,
      $10::timestamptz + make_interval(secs => $11),
      $12,
      $13::timestamptz + make_interval(secs => $14)
    from
      reading
    where
      not exists (
        select
        from
          "lumascope"."rate_limits" earlier
        where
          "earlier"."key" = $15
          and "earlier"."theoretical_arrival_at" > $16::timestamptz
      )
    on conflict ("key") do update
    set
      "theoretical_arrival_at" = greatest("r"."theoretical_arrival_at", $17::timestamptz) + make_interval(secs => $18),
      "attempts" = "r"."attempts" + 1,
      "expires_at" = excluded."expires_at"
    where
      "r"."theoretical_arrival_at" <= $19::timestamptz + make_interval(secs => $20)
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
      $21::timestamptz,
      $22::text,
      $23::integer::integer,
      reading.user_id::integer,
      reading.session_id::uuid,
      $24::text,
      $25::text,
      jsonb_build_object('data', $26::text)::jsonb
    from
      reading,
      noted
  )
select
  decision.outcome as "outcome",
  "subject"."id" as "id",
  "subject"."username" as "username",
  "subject"."email" as "email",
  "subject"."full_name" as "fullName",
  array(
    select
      "own"."role_name"
    from
      "lumascope"."user_roles" own
    where
      "own"."user_id" = "subject"."id"
    order by
      1
  ) as "roles",
  "subject"."email_verified_at" as "emailVerifiedAt",
  "subject"."user_metadata" as "userMetadata",
  "subject"."app_metadata" as "appMetadata",
  "subject"."created_at" as "createdAt",
  "subject"."updated_at" as "updatedAt",
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
  left join subject on decision.outcome = 'done';

-- selectUserSessions
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
        when not exists (
          select
          from
            "lumascope"."users"
          where
            "lumascope"."users"."id" = $7
        ) then 'not_found'
        when not array(
          select distinct
            "given"."permission"
          from
            "lumascope"."user_roles" held
            join "lumascope"."role_permissions" given on "given"."role_name" = "held"."role_name"
          where
            "held"."user_id" = $8
          order by
            1
        ) <@ actor.permissions then 'outranked'
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
      and actor.user_id is distinct from $9::integer
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
      $10,
      $11::timestamptz + make_interval(secs => $12),
      $13,
      $14::timestamptz + make_interval(secs => $15)
    from
      reading
    where
      not exists (
        select
        from
          "lumascope"."rate_limits" earlier
        where
          "earlier"."key" = $16
          and "earlier"."theoretical_arrival_at" > $17::timestamptz
      )
    on conflict ("key") do update
    set
      "theoretical_arrival_at" = greatest("r"."theoretical_arrival_at", $18::timestamptz) + make_interval(secs => $19),
      "attempts" = "r"."attempts" + 1,
      "expires_at" = excluded."expires_at"
    where
      "r"."theoretical_arrival_at" <= $20::timestamptz + make_interval(secs => $21)
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
      $22::timestamptz,
      $23::text,
      $24::integer::integer,
      reading.user_id::integer,
      reading.session_id::uuid,
      $25::text,
      $26::text,
      jsonb_build_object('data', $27::text)::jsonb
    from
      reading,
      noted
  ),
  "live" as (
    select
      s.*
    from
      "lumascope"."users" u
      join "lumascope"."sessions" s on "s"."user_id" = "u"."id"
      and (
        "s"."revoked_at" is null
        and "s"."idle_expires_at" > $28::timestamptz
        and "s"."expires_at" > $29::timestamptz
        and "s"."auth_version" >= "u"."auth_version"
        and "u"."disabled_at" is null
      )
    where
      "u"."id" = $30
    order by
      "s"."last_used_at" desc,
      "s"."id"
    limit
      $31
  )
select
  decision.outcome as "outcome",
  "live"."id" as "id",
  "live"."created_at" as "createdAt",
  "live"."last_used_at" as "lastUsedAt",
  "live"."idle_expires_at" as "expiresAt",
  "live"."ip_address" as "ipAddress",
  "live"."user_agent" as "userAgent"
from
  decision
  left join live on decision.outcome = 'done'
order by
  "live"."last_used_at" desc,
  "live"."id";
