-- npm run statements wrote this from src/sessions/authenticate.

-- findUser
select
  "u"."id" as "id",
  "u"."username" as "username",
  "u"."email" as "email",
  "u"."full_name" as "fullName",
  array(
    select
      "own"."role_name"
    from
      "lumascope"."user_roles" own
    where
      "own"."user_id" = "u"."id"
    order by
      1
  ) as "roles",
  "u"."email_verified_at" as "emailVerifiedAt",
  "u"."user_metadata" as "userMetadata",
  "u"."app_metadata" as "appMetadata",
  "u"."created_at" as "createdAt",
  "u"."updated_at" as "updatedAt"
from
  "lumascope"."users" u
where
  "u"."id" = $1
  and (
    select
      "s"."user_id" = "u"."id"
      and (
        "s"."revoked_at" is null
        and "s"."idle_expires_at" > $2::timestamptz
        and "s"."expires_at" > $3::timestamptz
        and "s"."auth_version" >= "u"."auth_version"
        and "u"."disabled_at" is null
      )
    from
      "lumascope"."sessions" s
    where
      "s"."id" = $4::uuid
  );

-- findUser, counted
with
  "found" as (
    select
      "u"."id" as "id",
      "u"."username" as "username",
      "u"."email" as "email",
      "u"."full_name" as "fullName",
      array(
        select
          "own"."role_name"
        from
          "lumascope"."user_roles" own
        where
          "own"."user_id" = "u"."id"
        order by
          1
      ) as "roles",
      "u"."email_verified_at" as "emailVerifiedAt",
      "u"."user_metadata" as "userMetadata",
      "u"."app_metadata" as "appMetadata",
      "u"."created_at" as "createdAt",
      "u"."updated_at" as "updatedAt"
    from
      "lumascope"."users" u
    where
      "u"."id" = $1
      and (
        select
          "s"."user_id" = "u"."id"
          and (
            "s"."revoked_at" is null
            and "s"."idle_expires_at" > $2::timestamptz
            and "s"."expires_at" > $3::timestamptz
            and "s"."auth_version" >= "u"."auth_version"
            and "u"."disabled_at" is null
          )
        from
          "lumascope"."sessions" s
        where
          "s"."id" = $4::uuid
      )
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
      $5,
      $6::timestamptz + make_interval(secs => $7),
      $8,
      $9::timestamptz + make_interval(secs => $10)
    from
      found
    on conflict ("key") do update
    set
      "theoretical_arrival_at" = greatest("r"."theoretical_arrival_at", $11::timestamptz) + make_interval(secs => $12),
      "attempts" = "r"."attempts" + 1,
      "expires_at" = excluded."expires_at"
    where
      "r"."theoretical_arrival_at" <= $13::timestamptz + make_interval(secs => $14)
    returning
      "r"."attempts"
  ),
  "refused" as (
    select
      $15::text as key,
      $16::integer as seconds,
      (
        select
          extract(
            epoch
            from
              "r"."theoretical_arrival_at" - make_interval(secs => $17) - $18::timestamptz
          )::double precision
        from
          "lumascope"."rate_limits" r
        where
          "r"."key" = $19
      ) as wait
    from
      (
        select
          count(*) as n
        from
          found
      ) as asked
    where
      n > 0
      and not exists (
        select
        from
          "bucket_0"
      )
  ),
  "reported" as (
    update "lumascope"."rate_limits" r
    set
      "reported_at" = $20::timestamptz
    from
      refused
    where
      "r"."key" = refused.key
      and (
        "r"."reported_at" is null
        or "r"."reported_at" <= $21::timestamptz - make_interval(secs => refused.seconds)
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
      $22::timestamptz,
      $23::text,
      found.id::integer,
      found.id::integer,
      $24::uuid,
      $25::text,
      $26::text,
      jsonb_build_object('limit', $27::text)::jsonb
    from
      reported,
      found
  )
select
  "found"."id" as "id",
  "found"."username" as "username",
  "found"."email" as "email",
  "found"."fullName" as "fullName",
  "found"."roles" as "roles",
  "found"."emailVerifiedAt" as "emailVerifiedAt",
  "found"."userMetadata" as "userMetadata",
  "found"."appMetadata" as "appMetadata",
  "found"."createdAt" as "createdAt",
  "found"."updatedAt" as "updatedAt",
  exists (
    select
    from
      "bucket_0"
  ) as "allowed",
  (
    select
      wait
    from
      refused
  ) as "secondsToWait"
from
  found;

-- findPrincipal
select
  "u"."id" as "id",
  "u"."username" as "username",
  "u"."email" as "email",
  "u"."full_name" as "fullName",
  array(
    select
      "own"."role_name"
    from
      "lumascope"."user_roles" own
    where
      "own"."user_id" = "u"."id"
    order by
      1
  ) as "roles",
  "u"."email_verified_at" as "emailVerifiedAt",
  "u"."user_metadata" as "userMetadata",
  "u"."app_metadata" as "appMetadata",
  "u"."created_at" as "createdAt",
  "u"."updated_at" as "updatedAt",
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
  ) as "permissions"
from
  "lumascope"."users" u
where
  "u"."id" = $1
  and (
    select
      "s"."user_id" = "u"."id"
      and (
        "s"."revoked_at" is null
        and "s"."idle_expires_at" > $2::timestamptz
        and "s"."expires_at" > $3::timestamptz
        and "s"."auth_version" >= "u"."auth_version"
        and "u"."disabled_at" is null
      )
    from
      "lumascope"."sessions" s
    where
      "s"."id" = $4::uuid
  );
