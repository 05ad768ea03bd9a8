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
        "payload",
        "created_at",
        "not_before",
        "give_up_at",
        "attempts",
        "locked_until",
        "sent_at"
      )
    select
      $9,
      mail.payload,
      $10::timestamptz,
      $11::timestamptz,
      least(
        mail.expires_at,
        $12::timestamptz + make_interval(secs => $13::integer)
      ),
      $14,
      $15::timestamptz + make_interval(secs => $16::integer),
      case
        when $17::boolean then $18::timestamptz
      end
    from
      (
        select
          jsonb_build_object(
            'message',
            $19::text,
            'language',
            $20::text,
            'user_id',
            "failed"."id",
            'to',
            "failed"."email",
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
                $21::timestamptz
            ),
            'client',
            jsonb_build_object('address', $22::text, 'user_agent', $23::text),
            'token',
            null::jsonb
          ),
          'infinity'::timestamptz
        from
          failed
        where
          "failed"."consecutive_failures" >= $24
      ) as mail (payload, expires_at)
    where
      $25::boolean
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
      $26::timestamptz,
      $27::text,
      $28::integer,
      $29::integer,
      $30::uuid,
      $31::text,
      $32::text,
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
