-- npm run statements wrote this from src/sessions/open.

-- openSessionRow, by password
with
  "account" as (
    update "lumascope"."users"
    set
      "last_login_at" = $1::timestamptz,
      "consecutive_failures" = 0,
      "password_hash" = case
        when "lumascope"."users"."password_hash" = $2 then coalesce($3, "lumascope"."users"."password_hash")
        else "lumascope"."users"."password_hash"
      end
    where
      "lumascope"."users"."id" = $4
      and "lumascope"."users"."auth_version" = $5
      and "lumascope"."users"."disabled_at" is null
      and (
        $6::boolean
        or greatest(
          0,
          "lumascope"."users"."consecutive_failures" - coalesce(
            floor(
              greatest(
                0,
                extract(
                  epoch
                  from
                    $7::timestamptz - "lumascope"."users"."last_failed_at"
                )
              ) / $8::integer
            ),
            0
          )::integer
        ) < $9
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
                  $10::timestamptz - "u"."last_failed_at"
              )
            ) / $11::integer
          ),
          0
        )::integer
      ) + 1,
      "last_failed_at" = $12::timestamptz
    where
      "u"."id" = $13
      and not $14::boolean
      and greatest(
        0,
        "u"."consecutive_failures" - coalesce(
          floor(
            greatest(
              0,
              extract(
                epoch
                from
                  $15::timestamptz - "u"."last_failed_at"
              )
            ) / $16::integer
          ),
          0
        )::integer
      ) < $17
  ),
  "given_back" as (
    update "lumascope"."rate_limits" r
    set
      "theoretical_arrival_at" = "r"."theoretical_arrival_at" - make_interval(secs => $18),
      "attempts" = case
        when $19::boolean then 0
        else "r"."attempts"
      end
    where
      "r"."key" = $20
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
      $21::uuid,
      "account"."id",
      "account"."auth_version",
      $22::timestamptz,
      $23::timestamptz,
      $24::timestamptz,
      $25::timestamptz,
      $26,
      $27
    from
      account
  ),
  "evicted" as (
    update "lumascope"."sessions"
    set
      "revoked_at" = $28::timestamptz,
      "revoked_reason" = $29
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
            and "s"."idle_expires_at" > $30::timestamptz
            and "s"."expires_at" > $31::timestamptz
            and "s"."auth_version" >= "account"."auth_version"
            and "account"."disabled_at" is null
          )
        order by
          "s"."last_used_at" desc,
          "s"."id"
        offset
          $32
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
              $33
            limit
              $34
          ) found
          join account on true
        where
          not (
            "found"."revoked_at" is null
            and "found"."idle_expires_at" > $35::timestamptz
            and "found"."expires_at" > $36::timestamptz
            and "found"."auth_version" >= "account"."auth_version"
            and "account"."disabled_at" is null
          )
        limit
          $37
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
      $38::timestamptz,
      $39::text,
      "account"."id"::integer,
      "account"."id"::integer,
      $40::uuid,
      $41::text,
      $42::text,
      '{}'::jsonb
    from
      account
    union all
    select
      $43::timestamptz,
      $44::text,
      "account"."id"::integer,
      "account"."id"::integer,
      $45::uuid,
      $46::text,
      $47::text,
      '{}'::jsonb
    from
      account
    where
      "account"."password_hash" = $48
    union all
    select
      $49::timestamptz,
      $50::text,
      $51::integer,
      null::integer,
      null::uuid,
      $52::text,
      $53::text,
      jsonb_build_object('reason', $54::text)::jsonb
    where
      not exists (
        select
        from
          account
      )
    union all
    select
      $55::timestamptz,
      $56::text,
      user_id::integer,
      null::integer,
      id::uuid,
      $57::text,
      $58::text,
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
  "account"."user_metadata" as "userMetadata",
  "account"."app_metadata" as "appMetadata",
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
