-- npm run statements wrote this from src/passwords/confirm.

-- insertFailedConfirmation
with
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
                  $1::timestamptz - "u"."last_failed_at"
              )
            ) / $2::integer
          ),
          0
        )::integer
      ) + 1,
      "last_failed_at" = $3::timestamptz
    where
      "u"."id" = $4
      and not $5::boolean
      and greatest(
        0,
        "u"."consecutive_failures" - coalesce(
          floor(
            greatest(
              0,
              extract(
                epoch
                from
                  $6::timestamptz - "u"."last_failed_at"
              )
            ) / $7::integer
          ),
          0
        )::integer
      ) < $8
    returning
      u.*
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
      $9::timestamptz,
      $10::timestamptz,
      message.expires_at,
      message.is_replaceable,
      least(
        message.expires_at,
        $11::timestamptz + make_interval(secs => $12::integer)
      ),
      $13,
      $14::timestamptz + make_interval(secs => $15::integer),
      case
        when message.is_sent then $16::timestamptz
      end
    from
      (
        select
          $17::text,
          $18::text,
          lower("failed"."email"),
          "failed"."id"::integer,
          jsonb_build_object(
            'language',
            $19::text,
            'email',
            "failed"."email",
            'username',
            "failed"."username",
            'new_email',
            null::text,
            'at',
            extract(
              epoch
              from
                $20::timestamptz
            ),
            'client',
            jsonb_build_object('address', $21::text, 'user_agent', $22::text),
            'token',
            null::jsonb
          ),
          null::timestamptz,
          case
            when "failed"."email_verified_at" is null then $23::integer
            else $24::integer
          end::integer,
          $25::boolean,
          $26::boolean,
          $27::boolean
        from
          failed
        where
          "failed"."consecutive_failures" >= $28
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
            and "recent"."created_at" > $29::timestamptz - make_interval(days => 1)
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
      $30::timestamptz,
      $31::text,
      $32::integer,
      $33::integer,
      $34::uuid,
      $35::text,
      $36::text,
      '{}'::jsonb
  )
select
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
  ) as "deliveries";
