-- npm run statements wrote this from src/passwords/change.

-- updatePassword
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
  "changed" as (
    update "lumascope"."users" u
    set
      "password_hash" = $5,
      "auth_version" = "u"."auth_version" + 1,
      "password_version" = "u"."password_version" + 1,
      "consecutive_failures" = 0,
      "updated_at" = $6::timestamptz
    from
      caller
    where
      "u"."id" = caller.user_id
      and caller.auth_version = $7
      and (
        $8::boolean
        or greatest(
          0,
          "u"."consecutive_failures" - coalesce(
            floor(
              greatest(
                0,
                extract(
                  epoch
                  from
                    $9::timestamptz - "u"."last_failed_at"
                )
              ) / $10::integer
            ),
            0
          )::integer
        ) < $11
      )
    returning
      u.*
  ),
  "replaced" as (
    update "lumascope"."sessions" s
    set
      "revoked_at" = $12::timestamptz,
      "revoked_reason" = $13
    from
      changed,
      caller
    where
      "s"."id" = caller.session_id
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
      $14::uuid,
      "changed"."id",
      "changed"."auth_version",
      $15::timestamptz,
      $16::timestamptz,
      $17::timestamptz,
      $18::timestamptz,
      $19,
      $20
    from
      changed
  ),
  "given_back" as (
    update "lumascope"."rate_limits" r
    set
      "theoretical_arrival_at" = "r"."theoretical_arrival_at" - make_interval(secs => $21),
      "attempts" = case
        when $22::boolean then 0
        else "r"."attempts"
      end
    where
      "r"."key" = $23
      and exists (
        select
        from
          changed
      )
  ),
  "queued" as (
    insert into
      "lumascope"."outbox" (
        "kind",
        "name",
        "recipient",
        "user_id",
        "payload",
        "created_at",
        "not_before",
        "expires_at",
        "is_replaceable",
        "give_up_at",
        "attempts",
        "locked_until",
        "sent_at"
      )
    select
      message.kind,
      message.name,
      message.recipient,
      message.user_id,
      message.payload,
      $24::timestamptz,
      $25::timestamptz,
      message.expires_at,
      message.is_replaceable,
      least(
        message.expires_at,
        $26::timestamptz + make_interval(secs => $27::integer)
      ),
      $28,
      $29::timestamptz + make_interval(secs => $30::integer),
      case
        when message.is_sent then $31::timestamptz
      end
    from
      (
        select
          $32::text,
          $33::text,
          lower("changed"."email"),
          "changed"."id"::integer,
          jsonb_build_object(
            'language',
            $34::text,
            'email',
            "changed"."email",
            'username',
            "changed"."username",
            'new_email',
            null::text,
            'at',
            extract(
              epoch
              from
                $35::timestamptz
            ),
            'client',
            jsonb_build_object('address', $36::text, 'user_agent', $37::text),
            'token',
            null::jsonb
          ),
          null::timestamptz,
          case
            when "changed"."email_verified_at" is null then $38::integer
            else $39::integer
          end::integer,
          $40::boolean,
          $41::boolean,
          $42::boolean
        from
          changed
      ) as message (
        kind,
        name,
        recipient,
        user_id,
        payload,
        expires_at,
        max_a_day,
        is_replaceable,
        is_sent,
        is_wanted
      )
    where
      message.is_wanted
      and (
        message.max_a_day is null
        or (
          select
            count(*)
          from
            "lumascope"."outbox" recent
          where
            "recent"."recipient" = message.recipient
            and "recent"."name" = message.name
            and "recent"."created_at" > $43::timestamptz - make_interval(days => 1)
        ) < message.max_a_day
      )
    returning
      *
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
      $44::timestamptz,
      $45::text,
      caller.user_id::integer,
      caller.user_id::integer,
      caller.session_id::uuid,
      $46::text,
      $47::text,
      jsonb_build_object('new_session_id', $48::text)::jsonb
    from
      caller,
      changed
    union all
    select
      $49::timestamptz,
      $50::text,
      caller.user_id::integer,
      caller.user_id::integer,
      caller.session_id::uuid,
      $51::text,
      $52::text,
      '{}'::jsonb
    from
      caller
    where
      not exists (
        select
        from
          changed
      )
  )
select
  "changed"."password_version" as "newVersion",
  (
    select
      coalesce(
        jsonb_agg(
          jsonb_build_object(
            'id',
            "queued"."id",
            'kind',
            "queued"."kind",
            'name',
            "queued"."name",
            'recipient',
            "queued"."recipient",
            'payload',
            "queued"."payload",
            'attempts',
            "queued"."attempts",
            'lockedUntil',
            extract(
              epoch
              from
                "queued"."locked_until"
            ) * 1000
          )
        ),
        '[]'
      )
    from
      queued
    where
      "queued"."sent_at" is null
  ) as "deliveries",
  "changed"."id" as "id",
  "changed"."username" as "username",
  "changed"."email" as "email",
  "changed"."full_name" as "fullName",
  array(
    select
      "own"."role_name"
    from
      "lumascope"."user_roles" own
    where
      "own"."user_id" = "changed"."id"
    order by
      1
  ) as "roles",
  "changed"."email_verified_at" as "emailVerifiedAt",
  "changed"."user_metadata" as "userMetadata",
  "changed"."app_metadata" as "appMetadata",
  "changed"."created_at" as "createdAt",
  "changed"."updated_at" as "updatedAt",
  array(
    select distinct
      "given"."permission"
    from
      "lumascope"."user_roles" held
      join "lumascope"."role_permissions" given on "given"."role_name" = "held"."role_name"
    where
      "held"."user_id" = "changed"."id"
    order by
      1
  ) as "permissions"
from
  caller
  left join changed on true;
