-- npm run statements wrote this from src/addresses/undo.

-- restoreAddress
with
  "token" as (
    select
      t.*,
      "u"."email" as user_email,
      "u"."email_verified_at" as user_verified_at
    from
      "lumascope"."one_time_tokens" t
      join "lumascope"."users" u on "u"."id" = "t"."user_id"
    where
      "t"."id" = $1::uuid
      and "t"."purpose" = $2
      and "t"."consumed_at" is null
      and "t"."expires_at" > $3::timestamptz
      and (true)
    for no key update of
      u,
      t
  ),
  "consumed" as (
    update "lumascope"."one_time_tokens" t
    set
      "consumed_at" = $4::timestamptz
    from
      token
    where
      "t"."user_id" = "token"."user_id"
      and "t"."consumed_at" is null
      and (
        "t"."purpose" <> 'email_undo'
        or "t"."number" >= "token"."number"
      )
  ),
  "changed" as (
    update "lumascope"."users" u
    set
      "email" = "token"."email",
      "user_metadata" = case
        when "token"."is_proven" then "u"."user_metadata"
        else '{}'::jsonb
      end,
      "email_verified_at" = $5::timestamptz,
      "password_hash" = $6,
      "auth_version" = "u"."auth_version" + 1,
      "password_version" = "u"."password_version" + 1,
      "consecutive_failures" = 0,
      "updated_at" = $7::timestamptz
    from
      token
    where
      "u"."id" = "token"."user_id"
    returning
      u.*
  ),
  "reset" as (
    insert into
      "lumascope"."one_time_tokens" (
        "purpose",
        "user_id",
        "email",
        "password_version",
        "is_proven",
        "created_at",
        "expires_at"
      )
    select
      $8,
      "changed"."id",
      "changed"."email",
      "changed"."password_version",
      "changed"."email_verified_at" is not null,
      $9::timestamptz,
      $10::timestamptz
    from
      changed
    returning
      *
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
      $11::timestamptz,
      $12::timestamptz,
      message.expires_at,
      message.is_replaceable,
      least(
        message.expires_at,
        $13::timestamptz + make_interval(secs => $14::integer)
      ),
      $15,
      $16::timestamptz + make_interval(secs => $17::integer),
      case
        when message.is_sent then $18::timestamptz
      end
    from
      (
        select
          $19::text,
          $20::text,
          lower("changed"."email"),
          "changed"."id"::integer,
          jsonb_build_object(
            'language',
            $21::text,
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
                $22::timestamptz
            ),
            'client',
            jsonb_build_object('address', $23::text, 'user_agent', $24::text),
            'token',
            jsonb_build_object(
              'purpose',
              "reset"."purpose",
              'id',
              "reset"."id",
              'expires_at',
              floor(
                extract(
                  epoch
                  from
                    "reset"."expires_at"
                )
              )
            )
          ),
          "reset"."expires_at"::timestamptz,
          null::integer,
          $25::boolean,
          $26::boolean,
          $27::boolean
        from
          changed,
        reset
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
            and "recent"."created_at" > $28::timestamptz - make_interval(days => 1)
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
      $29::timestamptz,
      $30::text,
      "changed"."id"::integer,
      null::integer,
      null::uuid,
      $31::text,
      $32::text,
      '{}'::jsonb
    from
      changed
    union all
    select
      $33::timestamptz,
      $34::text,
      "changed"."id"::integer,
      null::integer,
      null::uuid,
      $35::text,
      $36::text,
      '{}'::jsonb
    from
      changed
  )
select
  "changed"."id" as "id",
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
  ) as "deliveries"
from
  changed;
