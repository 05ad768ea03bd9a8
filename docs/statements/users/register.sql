-- npm run statements wrote this from src/users/register.

-- insertUser
with
  "one" as (
    select
      1
  ),
  "bucket_0" as (
    insert into
      "lumascope"."rate_limits" as "r" (
        "key",
        "theoretical_arrival_at",
        "attempts",
        "expires_at"
      )
    select
      $1,
      $2::timestamptz + make_interval(secs => $3),
      $4,
      $5::timestamptz + make_interval(secs => $6)
    from
      one
    on conflict ("key") do update
    set
      "theoretical_arrival_at" = greatest("r"."theoretical_arrival_at", $7::timestamptz) + make_interval(secs => $8),
      "attempts" = "r"."attempts" + 1,
      "expires_at" = excluded."expires_at"
    where
      "r"."theoretical_arrival_at" <= $9::timestamptz + make_interval(secs => $10)
    returning
      "r"."attempts"
  ),
  "allowed" as (
    select
    where
      exists (
        select
        from
          "bucket_0"
      )
  ),
  "refused" as (
    select
      $11::text as key,
      $12::integer as seconds,
      (
        select
          extract(
            epoch
            from
              "r"."theoretical_arrival_at" - make_interval(secs => $13) - $14::timestamptz
          )::double precision
        from
          "lumascope"."rate_limits" r
        where
          "r"."key" = $15
      ) as wait
    from
      (
        select
          count(*) as n
        from
          one
      ) as asked
    where
      n > 0
      and not exists (
        select
        from
          "bucket_0"
      )
  ),
  "taken" as (
    select
      exists (
        select
        from
          "lumascope"."users" u
        where
          lower("u"."email") = lower($16)
      ) as email,
      exists (
        select
        from
          "lumascope"."users" u
        where
          lower("u"."username") = lower($17)
      ) as username
  ),
  "created" as (
    insert into
      "lumascope"."users" (
        "username",
        "email",
        "full_name",
        "password_hash",
        "last_login_at",
        "created_at",
        "updated_at"
      )
    select
      $18,
      $19,
      $20,
      $21,
      null::timestamptz,
      $22::timestamptz,
      $23::timestamptz
    from
      allowed,
      taken
    where
      not taken.email
      and not taken.username
    on conflict (lower("email")) do nothing
    returning
      *
  ),
  "granted" as (
    insert into
      "lumascope"."user_roles" ("user_id", "role_name")
    select
      "created"."id",
      $24
    from
      created
    returning
      "role_name"
  ),
  "reported" as (
    update "lumascope"."rate_limits" r
    set
      "reported_at" = $25::timestamptz
    from
      refused
    where
      "r"."key" = refused.key
      and (
        "r"."reported_at" is null
        or "r"."reported_at" <= $26::timestamptz - make_interval(secs => refused.seconds)
      )
    returning
      refused.*
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
      $27::timestamptz,
      $28::text,
      "created"."id"::integer,
      null::integer,
      null::uuid,
      $29::text,
      $30::text,
      '{}'::jsonb
    from
      created
    union all
    select
      $31::timestamptz,
      $32::text,
      null::integer,
      null::integer,
      null::uuid,
      $33::text,
      $34::text,
      '{"limit":"register_address"}'::jsonb
    from
      reported
  )
select
  exists (
    select
    from
      allowed
  ) as "isAllowed",
  (
    select
      wait
    from
      refused
  ) as "secondsToWait",
  taken.email as "isEmailTaken",
  taken.username as "isUsernameTaken",
  "created"."password_version" as "passwordVersion",
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
  taken
  left join created on true;

-- insertUser, with a session
with
  "one" as (
    select
      1
  ),
  "bucket_0" as (
    insert into
      "lumascope"."rate_limits" as "r" (
        "key",
        "theoretical_arrival_at",
        "attempts",
        "expires_at"
      )
    select
      $1,
      $2::timestamptz + make_interval(secs => $3),
      $4,
      $5::timestamptz + make_interval(secs => $6)
    from
      one
    on conflict ("key") do update
    set
      "theoretical_arrival_at" = greatest("r"."theoretical_arrival_at", $7::timestamptz) + make_interval(secs => $8),
      "attempts" = "r"."attempts" + 1,
      "expires_at" = excluded."expires_at"
    where
      "r"."theoretical_arrival_at" <= $9::timestamptz + make_interval(secs => $10)
    returning
      "r"."attempts"
  ),
  "allowed" as (
    select
    where
      exists (
        select
        from
          "bucket_0"
      )
  ),
  "refused" as (
    select
      $11::text as key,
      $12::integer as seconds,
      (
        select
          extract(
            epoch
            from
              "r"."theoretical_arrival_at" - make_interval(secs => $13) - $14::timestamptz
          )::double precision
        from
          "lumascope"."rate_limits" r
        where
          "r"."key" = $15
      ) as wait
    from
      (
        select
          count(*) as n
        from
          one
      ) as asked
    where
      n > 0
      and not exists (
        select
        from
          "bucket_0"
      )
  ),
  "taken" as (
    select
      exists (
        select
        from
          "lumascope"."users" u
        where
          lower("u"."email") = lower($16)
      ) as email,
      exists (
        select
        from
          "lumascope"."users" u
        where
          lower("u"."username") = lower($17)
      ) as username
  ),
  "created" as (
    insert into
      "lumascope"."users" (
        "username",
        "email",
        "full_name",
        "password_hash",
        "last_login_at",
        "created_at",
        "updated_at"
      )
    select
      $18,
      $19,
      $20,
      $21,
      $22::timestamptz,
      $23::timestamptz,
      $24::timestamptz
    from
      allowed,
      taken
    where
      not taken.email
      and not taken.username
    on conflict (lower("email")) do nothing
    returning
      *
  ),
  "granted" as (
    insert into
      "lumascope"."user_roles" ("user_id", "role_name")
    select
      "created"."id",
      $25
    from
      created
    returning
      "role_name"
  ),
  "opened" as (
    insert into
      "lumascope"."sessions" (
        "id",
        "user_id",
        "auth_version",
        "created_at",
        "last_used_at",
        "idle_expires_at",
        "expires_at",
        "ip_address",
        "user_agent"
      )
    select
      $26::uuid,
      "created"."id",
      "created"."auth_version",
      $27::timestamptz,
      $28::timestamptz,
      $29::timestamptz,
      $30::timestamptz,
      $31,
      $32
    from
      created
  ),
  "reported" as (
    update "lumascope"."rate_limits" r
    set
      "reported_at" = $33::timestamptz
    from
      refused
    where
      "r"."key" = refused.key
      and (
        "r"."reported_at" is null
        or "r"."reported_at" <= $34::timestamptz - make_interval(secs => refused.seconds)
      )
    returning
      refused.*
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
      $35::timestamptz,
      $36::text,
      "created"."id"::integer,
      null::integer,
      null::uuid,
      $37::text,
      $38::text,
      '{}'::jsonb
    from
      created
    union all
    select
      $39::timestamptz,
      $40::text,
      "created"."id"::integer,
      "created"."id"::integer,
      $41::uuid,
      $42::text,
      $43::text,
      '{}'::jsonb
    from
      created
    union all
    select
      $44::timestamptz,
      $45::text,
      null::integer,
      null::integer,
      null::uuid,
      $46::text,
      $47::text,
      '{"limit":"register_address"}'::jsonb
    from
      reported
  )
select
  exists (
    select
    from
      allowed
  ) as "isAllowed",
  (
    select
      wait
    from
      refused
  ) as "secondsToWait",
  taken.email as "isEmailTaken",
  taken.username as "isUsernameTaken",
  "created"."password_version" as "passwordVersion",
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
  taken
  left join created on true;
