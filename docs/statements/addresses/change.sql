-- npm run statements wrote this from src/addresses/change.

-- changeAddress
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
        "u"."password_version" = "t"."password_version"
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
  "taken" as (
    select
    from
      token
    where
      exists (
        select
        from
          "lumascope"."users" other
        where
          lower("other"."email") = lower("token"."email")
          and "other"."id" <> "token"."user_id"
      )
      or exists (
        select
        from
          "lumascope"."one_time_tokens" kept
        where
          lower("kept"."email") = lower("token"."email")
          and "kept"."purpose" = 'email_undo'
          and "kept"."is_proven"
          and "kept"."consumed_at" is null
          and "kept"."expires_at" > $4::timestamptz
          and "kept"."user_id" <> "token"."user_id"
      )
  ),
  "free" as (
    select
    from
      token
    where
      not exists (
        select
        from
          taken
      )
  ),
  "consumed" as (
    update "lumascope"."one_time_tokens" t
    set
      "consumed_at" = $5::timestamptz
    from
      token
    where
      "t"."user_id" = "token"."user_id"
      and "t"."consumed_at" is null
      and "t"."purpose" <> 'email_undo'
      and exists (
        select
        from
          free
      )
  ),
  "changed" as (
    update "lumascope"."users" u
    set
      "email" = "token"."email",
      "email_verified_at" = $6::timestamptz,
      "updated_at" = $7::timestamptz
    from
      token,
      free
    where
      "u"."id" = "token"."user_id"
    returning
      u.*
  ),
  "undo" as (
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
      token.user_email,
      "changed"."password_version",
      token.user_verified_at is not null,
      $9::timestamptz,
      $10::timestamptz
    from
      changed,
      token
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
          lower(token.user_email),
          "changed"."id"::integer,
          jsonb_build_object(
            'language',
            $21::text,
            'email',
            token.user_email,
            'username',
            "changed"."username",
            'new_email',
            "changed"."email",
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
              "undo"."purpose",
              'id',
              "undo"."id",
              'expires_at',
              floor(
                extract(
                  epoch
                  from
                    "undo"."expires_at"
                )
              )
            )
          ),
          "undo"."expires_at"::timestamptz,
          null::integer,
          $25::boolean,
          $26::boolean,
          $27::boolean
        from
          changed,
          token,
          undo
        union all
        select
          $28::text,
          $29::text,
          lower("changed"."email"),
          "changed"."id"::integer,
          jsonb_build_object(
            'language',
            $30::text,
            'email',
            "changed"."email",
            'username',
            "changed"."username",
            'new_email',
            "changed"."email",
            'at',
            extract(
              epoch
              from
                $31::timestamptz
            ),
            'client',
            jsonb_build_object('address', $32::text, 'user_agent', $33::text),
            'token',
            null::jsonb
          ),
          null::timestamptz,
          case
            when "changed"."email_verified_at" is null then $34::integer
            else $35::integer
          end::integer,
          $36::boolean,
          $37::boolean,
          $38::boolean
        from
          changed,
          token,
          undo
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
            and "recent"."created_at" > $39::timestamptz - make_interval(days => 1)
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
      $40::timestamptz,
      $41::text,
      "changed"."id"::integer,
      null::integer,
      null::uuid,
      $42::text,
      $43::text,
      '{}'::jsonb
    from
      changed
  )
select
  exists (
    select
    from
      taken
  ) as "isTaken",
  exists (
    select
    from
      changed
  ) as "isDone",
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
  token;
