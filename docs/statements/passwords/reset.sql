-- npm run statements wrote this from src/passwords/reset.

-- resetPasswordRow
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
      and (
        lower("u"."email") = lower("t"."email")
        and "u"."password_version" = "t"."password_version"
        and "u"."disabled_at" is null
      )
      and not exists (
        select
        from
          "lumascope"."one_time_tokens" newer
        where
          "newer"."user_id" = "t"."user_id"
          and "newer"."purpose" = "t"."purpose"
          and "newer"."number" > "t"."number"
      )
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
      and "t"."purpose" <> 'email_undo'
      and true
  ),
  "changed" as (
    update "lumascope"."users" u
    set
      "password_hash" = $5,
      "auth_version" = "u"."auth_version" + 1,
      "password_version" = "u"."password_version" + 1,
      "consecutive_failures" = 0,
      "user_metadata" = case
        when $6::boolean
        and "u"."email_verified_at" is null then '{}'::jsonb
        else "u"."user_metadata"
      end,
      "email_verified_at" = case
        when $7::boolean then $8::timestamptz
        else "u"."email_verified_at"
      end,
      "updated_at" = $9::timestamptz
    from
      token
    where
      "u"."id" = "token"."user_id"
    returning
      u.*
  ),
  "refilled" as (
    delete from "lumascope"."rate_limits" using token
    where
      "lumascope"."rate_limits"."key" in ($10)
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
            null::jsonb
          ),
          null::timestamptz,
          case
            when "changed"."email_verified_at" is null then $25::integer
            else $26::integer
          end::integer,
          $27::boolean,
          $28::boolean,
          $29::boolean
        from
          changed
        where
          not $30::text = 'invitation'
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
            and "recent"."created_at" > $31::timestamptz - make_interval(days => 1)
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
      $32::timestamptz,
      $33::text,
      "changed"."id"::integer,
      null::integer,
      null::uuid,
      $34::text,
      $35::text,
      '{}'::jsonb
    from
      changed
    union all
    select
      $36::timestamptz,
      $37::text,
      "changed"."id"::integer,
      null::integer,
      null::uuid,
      $38::text,
      $39::text,
      '{}'::jsonb
    from
      changed,
      token
    where
      token.user_verified_at is null
      and "changed"."email_verified_at" is not null
  )
select
  "changed"."id" as "userId",
  "changed"."password_version" as "passwordVersion",
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
