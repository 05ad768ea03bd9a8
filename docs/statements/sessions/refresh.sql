-- npm run statements wrote this from src/sessions/refresh.

-- rotateSession
with
  "locked" as (
    select
      s.*,
      "s"."generation" = $1 as is_current,
      "s"."replaced_at" ["s"."generation" - $2::integer] > $3::timestamptz
      or "s"."generation" = $4::integer + 1
      and "s"."replaced_at" [1] > $5::timestamptz as is_grace
    from
      "lumascope"."sessions" s
      join "lumascope"."users" u on "u"."id" = "s"."user_id"
    where
      "s"."id" = $6::uuid
      and "s"."generation" >= $7
      and (
        "s"."revoked_at" is null
        and "s"."idle_expires_at" > $8::timestamptz
        and "s"."expires_at" > $9::timestamptz
        and "s"."auth_version" >= "u"."auth_version"
        and "u"."disabled_at" is null
      )
    for update of
      s
  ),
  "rotated" as (
    update "lumascope"."sessions" s
    set
      "generation" = "locked"."generation" + 1,
      "last_used_at" = $10::timestamptz,
      "replaced_at" = $11::timestamptz || case
        when "locked"."replaced_at" [1] > $12::timestamptz then "locked"."replaced_at" [:$13::integer]
      end,
      "idle_expires_at" = least($14::timestamptz, "locked"."expires_at")
    from
      locked
    where
      "s"."id" = "locked"."id"
      and locked.is_current
    returning
      "s"."generation",
      "s"."idle_expires_at"
  ),
  "revoked" as (
    update "lumascope"."sessions" s
    set
      "revoked_at" = $15::timestamptz,
      "revoked_reason" = $16
    from
      locked
    where
      "s"."id" = "locked"."id"
      and not locked.is_current
      and not coalesce(locked.is_grace, false)
    returning
      "s"."id",
      "s"."user_id"
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
      $17::timestamptz,
      $18::timestamptz,
      message.expires_at,
      message.is_replaceable,
      least(
        message.expires_at,
        $19::timestamptz + make_interval(secs => $20::integer)
      ),
      $21,
      $22::timestamptz + make_interval(secs => $23::integer),
      case
        when message.is_sent then $24::timestamptz
      end
    from
      (
        select
          $25::text,
          $26::text,
          lower("u"."email"),
          "u"."id"::integer,
          jsonb_build_object(
            'language',
            $27::text,
            'email',
            "u"."email",
            'username',
            "u"."username",
            'new_email',
            null::text,
            'at',
            extract(
              epoch
              from
                $28::timestamptz
            ),
            'client',
            jsonb_build_object('address', $29::text, 'user_agent', $30::text),
            'token',
            null::jsonb
          ),
          null::timestamptz,
          case
            when "u"."email_verified_at" is null then $31::integer
            else $32::integer
          end::integer,
          $33::boolean,
          $34::boolean,
          $35::boolean
        from
          "lumascope"."users" u
          join revoked on "u"."id" = revoked.user_id
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
            and "recent"."created_at" > $36::timestamptz - make_interval(days => 1)
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
      $37::timestamptz,
      $38::text,
      user_id::integer,
      null::integer,
      id::uuid,
      $39::text,
      $40::text,
      '{}'::jsonb
    from
      revoked
  )
select
  case
    when is_current then 'rotated'
    when is_grace then 'grace'
    else 'replayed'
  end as "outcome",
  coalesce("rotated"."generation", "locked"."generation") as "generation",
  coalesce(
    "rotated"."idle_expires_at",
    "locked"."idle_expires_at"
  ) as "idleExpiresAt",
  "locked"."created_at" as "sessionCreatedAt",
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
  locked
  join "lumascope"."users" u on "u"."id" = "locked"."user_id"
  left join rotated on true;
