-- npm run statements wrote this from src/sessions/open.

-- openSessionRow, by password
with
  "account" as (
    update "lumascope"."users"
    set
      "last_login_at" = $1::timestamptz,
      "consecutive_failures" = $2,
      "password_hash" = case
        when "lumascope"."users"."password_hash" = $3 then coalesce($4, "lumascope"."users"."password_hash")
        else "lumascope"."users"."password_hash"
      end
    where
      "lumascope"."users"."id" = $5
      and "lumascope"."users"."auth_version" = $6
      and "lumascope"."users"."disabled_at" is null
      and (
        $7::boolean
        or greatest(
          0,
          "lumascope"."users"."consecutive_failures" - coalesce(
            floor(
              greatest(
                0,
                extract(
                  epoch
                  from
                    $8::timestamptz - "lumascope"."users"."last_failed_at"
                )
              ) / $9::integer
            ),
            0
          )::integer
        ) < $10
      )
    returning
      *
  ),
  "failed" as (
    update "lumascope"."users" u
    set
      "consecutive_failures" = greatest(
        0,
        "u"."consecutive_failures" - coalesce(
          floor(
            greatest(
              0,
              extract(
                epoch
                from
                  $11::timestamptz - "u"."last_failed_at"
              )
            ) / $12::integer
          ),
          0
        )::integer
      ) + 1,
      "last_failed_at" = $13::timestamptz
    where
      "u"."id" = $14
      and not $15::boolean
      and greatest(
        0,
        "u"."consecutive_failures" - coalesce(
          floor(
            greatest(
              0,
              extract(
                epoch
                from
                  $16::timestamptz - "u"."last_failed_at"
              )
            ) / $17::integer
          ),
          0
        )::integer
      ) < $18
  ),
  "given_back" as (
    update "lumascope"."rate_limits" r
    set
      "theoretical_arrival_at" = "r"."theoretical_arrival_at" - make_interval(secs => $19),
      "attempts" = case
        when $20::boolean then 0
        else "r"."attempts"
      end
    where
      "r"."key" = $21
      and exists (
        select
        from
          account
      )
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
      $22::uuid,
      "account"."id",
      "account"."auth_version",
      $23::timestamptz,
      $24::timestamptz,
      $25::timestamptz,
      $26::timestamptz,
      $27,
      $28
    from
      account
  ),
  "evicted" as (
    update "lumascope"."sessions"
    set
      "revoked_at" = $29::timestamptz,
      "revoked_reason" = $30
    where
      "lumascope"."sessions"."revoked_at" is null
      and "lumascope"."sessions"."id" in (
        select
          "s"."id"
        from
          "lumascope"."sessions" s
          join account on "s"."user_id" = "account"."id"
        where
          (
            "s"."revoked_at" is null
            and "s"."idle_expires_at" > $31::timestamptz
            and "s"."expires_at" > $32::timestamptz
            and "s"."auth_version" >= "account"."auth_version"
            and "account"."disabled_at" is null
          )
        order by
          "s"."last_used_at" desc,
          "s"."id"
        offset
          $33
      )
    returning
      "lumascope"."sessions"."id",
      "lumascope"."sessions"."user_id"
  ),
  "forgotten" as (
    delete from "lumascope"."sessions"
    where
      "lumascope"."sessions"."id" in (
        select
          "found"."id"
        from
          (
            select
              s.*
            from
              "lumascope"."sessions" s
              join account on "s"."user_id" = "account"."id"
            order by
              "s"."created_at" desc,
              "s"."id"
            offset
              $34
            limit
              $35
          ) found
          join account on true
        where
          not (
            "found"."revoked_at" is null
            and "found"."idle_expires_at" > $36::timestamptz
            and "found"."expires_at" > $37::timestamptz
            and "found"."auth_version" >= "account"."auth_version"
            and "account"."disabled_at" is null
          )
        limit
          $38
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
      $39::timestamptz,
      $40::text,
      "account"."id"::integer,
      "account"."id"::integer,
      $41::uuid,
      $42::text,
      $43::text,
      '{}'::jsonb
    from
      account
    union all
    select
      $44::timestamptz,
      $45::text,
      "account"."id"::integer,
      "account"."id"::integer,
      $46::uuid,
      $47::text,
      $48::text,
      '{}'::jsonb
    from
      account
    where
      "account"."password_hash" = $49
    union all
    select
      $50::timestamptz,
      $51::text,
      $52::integer,
      null::integer,
      null::uuid,
      $53::text,
      $54::text,
      jsonb_build_object('reason', $55::text)::jsonb
    where
      not exists (
        select
        from
          account
      )
    union all
    select
      $56::timestamptz,
      $57::text,
      user_id::integer,
      null::integer,
      id::uuid,
      $58::text,
      $59::text,
      '{"reason":"evicted"}'::jsonb
    from
      evicted
  )
select
  "account"."id" as "id",
  "account"."username" as "username",
  "account"."email" as "email",
  "account"."full_name" as "fullName",
  array(
    select
      "own"."role_name"
    from
      "lumascope"."user_roles" own
    where
      "own"."user_id" = "account"."id"
    order by
      1
  ) as "roles",
  "account"."email_verified_at" as "emailVerifiedAt",
  "account"."created_at" as "createdAt",
  "account"."updated_at" as "updatedAt",
  array(
    select distinct
      "given"."permission"
    from
      "lumascope"."user_roles" held
      join "lumascope"."role_permissions" given on "given"."role_name" = "held"."role_name"
    where
      "held"."user_id" = "account"."id"
    order by
      1
  ) as "permissions"
from
  account;
