-- npm run statements wrote this from src/users/change-profile.

-- updateProfile
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
      caller
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
          caller
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
  "before" as (
    select
      u.*
    from
      "lumascope"."users" u
      join caller on "u"."id" = caller.user_id
    for no key update of
      u
  ),
  "wanted" as (
    select
      $22::text as "username",
      "before"."full_name" as "full_name",
      "before"."user_metadata" as "user_metadata"
    from
      before
  ),
  "decision" as (
    select
      case
        when not exists (
          select
          from
            "bucket_0"
        ) then 'limited'
        when exists (
          select
          from
            "lumascope"."users" u,
            caller
          where
            lower("u"."username") = lower($23)
            and "u"."id" <> caller.user_id
        ) then 'username'
        when false then ''
        else 'done'
      end as outcome
    from
      wanted
  ),
  "changed" as (
    update "lumascope"."users" u
    set
      "username" = "wanted"."username",
      "full_name" = "wanted"."full_name",
      "user_metadata" = "wanted"."user_metadata",
      "updated_at" = $24::timestamptz
    from
      before,
      wanted,
      decision
    where
      "u"."id" = "before"."id"
      and decision.outcome = 'done'
      and (
        "before"."username",
        "before"."full_name",
        "before"."user_metadata"
      ) is distinct from (
        "wanted"."username",
        "wanted"."full_name",
        "wanted"."user_metadata"
      )
    returning
      u.*
  ),
  "current" as (
    select
      *
    from
      changed
    union all
    select
      *
    from
      before
    where
      not exists (
        select
        from
          changed
      )
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
      $25::timestamptz,
      $26::text,
      caller.user_id::integer,
      caller.user_id::integer,
      caller.session_id::uuid,
      $27::text,
      $28::text,
      jsonb_build_object('members', $29::jsonb)::jsonb
    from
      caller,
      changed
    union all
    select
      $30::timestamptz,
      $31::text,
      caller.user_id::integer,
      caller.user_id::integer,
      caller.session_id::uuid,
      $32::text,
      $33::text,
      jsonb_build_object('limit', $34::text)::jsonb
    from
      caller,
      reported
  )
select
  decision.outcome as "outcome",
  (
    select
      wait
    from
      refused
  ) as "secondsToWait",
  "current"."id" as "id",
  "current"."username" as "username",
  "current"."email" as "email",
  "current"."full_name" as "fullName",
  array(
    select
      "own"."role_name"
    from
      "lumascope"."user_roles" own
    where
      "own"."user_id" = "current"."id"
    order by
      1
  ) as "roles",
  "current"."email_verified_at" as "emailVerifiedAt",
  "current"."user_metadata" as "userMetadata",
  "current"."app_metadata" as "appMetadata",
  "current"."created_at" as "createdAt",
  "current"."updated_at" as "updatedAt"
from
  decision,
  current;

-- updateProfile, of metadata
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
  "before" as (
    select
      u.*
    from
      "lumascope"."users" u
      join caller on "u"."id" = caller.user_id
    for no key update of
      u
  ),
  "wanted" as (
    select
      "before"."username" as "username",
      "before"."full_name" as "full_name",
      (
        with recursive
          merging (number, document) as (
            select
              0,
              "before"."user_metadata"
            union all
            select
              number + 1,
              case step ->> 'act'
                when 'remove' then document #- path
                when 'set' then jsonb_set(document, path, step -> 'value')
                when 'object' then case
                  when jsonb_typeof(document #> path) = 'object' then document
                  else jsonb_set(document, path, '{}')
                end
              end
            from
              merging,
              (
                select
                  $5::jsonb as steps
              ) as patch,
              lateral (
                select
                  steps -> number as step
              ) as next,
              lateral (
                select
                  array(
                    select
                      jsonb_array_elements_text(step -> 'path')
                  ) as path
              ) as place
            where
              step is not null
          )
        select
          document
        from
          merging
        order by
          number desc
        limit
          1
      ) as "user_metadata"
    from
      before
  ),
  "decision" as (
    select
      case
        when (
          select
            octet_length(json) - length(outside) + length(replace(outside, ' ', ''))
          from
            (
              select
                "wanted"."user_metadata"::text as json
            ) as written,
            lateral regexp_replace(json, '"(?:[^"\\]|\\.)*"', '', 'g') as outside
        ) > $6::integer then 'too_large'
        else 'done'
      end as outcome
    from
      wanted
  ),
  "changed" as (
    update "lumascope"."users" u
    set
      "username" = "wanted"."username",
      "full_name" = "wanted"."full_name",
      "user_metadata" = "wanted"."user_metadata",
      "updated_at" = $7::timestamptz
    from
      before,
      wanted,
      decision
    where
      "u"."id" = "before"."id"
      and decision.outcome = 'done'
      and (
        "before"."username",
        "before"."full_name",
        "before"."user_metadata"
      ) is distinct from (
        "wanted"."username",
        "wanted"."full_name",
        "wanted"."user_metadata"
      )
    returning
      u.*
  ),
  "current" as (
    select
      *
    from
      changed
    union all
    select
      *
    from
      before
    where
      not exists (
        select
        from
          changed
      )
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
      $8::timestamptz,
      $9::text,
      caller.user_id::integer,
      caller.user_id::integer,
      caller.session_id::uuid,
      $10::text,
      $11::text,
      jsonb_build_object('members', $12::jsonb)::jsonb
    from
      caller,
      changed
  )
select
  decision.outcome as "outcome",
  null::double precision as "secondsToWait",
  "current"."id" as "id",
  "current"."username" as "username",
  "current"."email" as "email",
  "current"."full_name" as "fullName",
  array(
    select
      "own"."role_name"
    from
      "lumascope"."user_roles" own
    where
      "own"."user_id" = "current"."id"
    order by
      1
  ) as "roles",
  "current"."email_verified_at" as "emailVerifiedAt",
  "current"."user_metadata" as "userMetadata",
  "current"."app_metadata" as "appMetadata",
  "current"."created_at" as "createdAt",
  "current"."updated_at" as "updatedAt"
from
  decision,
  current;
