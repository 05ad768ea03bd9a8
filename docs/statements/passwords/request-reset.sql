-- npm run statements wrote this from src/passwords/request-reset.

-- insertResetRequest
with
  "one" as (
    select
      1
  ),
  "mail_0" as (
    insert into
      "lumascope"."rate_limits" as "r" (
        "key",
        "theoretical_arrival_at",
        "attempts",
        "expires_at"
      )
    select
      $1,
      $2::timestamptz + make_interval(secs => $3),
      $4,
      $5::timestamptz + make_interval(secs => $6)
    from
      one
    on conflict ("key") do update
    set
      "theoretical_arrival_at" = greatest("r"."theoretical_arrival_at", $7::timestamptz) + make_interval(secs => $8),
      "attempts" = "r"."attempts" + 1,
      "expires_at" = excluded."expires_at"
    where
      "r"."theoretical_arrival_at" <= $9::timestamptz + make_interval(secs => $10)
    returning
      "r"."attempts"
  ),
  "mail_1" as (
    insert into
      "lumascope"."rate_limits" as "r" (
        "key",
        "theoretical_arrival_at",
        "attempts",
        "expires_at"
      )
    select
      $11,
      $12::timestamptz + make_interval(secs => $13),
      $14,
      $15::timestamptz + make_interval(secs => $16)
    from
      "mail_0"
    on conflict ("key") do update
    set
      "theoretical_arrival_at" = greatest("r"."theoretical_arrival_at", $17::timestamptz) + make_interval(secs => $18),
      "attempts" = "r"."attempts" + 1,
      "expires_at" = excluded."expires_at"
    where
      "r"."theoretical_arrival_at" <= $19::timestamptz + make_interval(secs => $20)
    returning
      "r"."attempts"
  ),
  "refused" as (
    select
      refusal.*,
      case
        when key in ($21::text) then 'mail_account'
        else 'mail_address'
      end as bucket
    from
      (
        select
          $22::text as key,
          $23::integer as seconds,
          (
            select
              extract(
                epoch
                from
                  "r"."theoretical_arrival_at" - make_interval(secs => $24) - $25::timestamptz
              )::double precision
            from
              "lumascope"."rate_limits" r
            where
              "r"."key" = $26
          ) as wait
        from
          (
            select
              count(*) as n
            from
              one
          ) as asked
        where
          n > 0
          and not exists (
            select
            from
              "mail_0"
          )
        union all
        select
          $27::text as key,
          $28::integer as seconds,
          (
            select
              extract(
                epoch
                from
                  "r"."theoretical_arrival_at" - make_interval(secs => $29) - $30::timestamptz
              )::double precision
            from
              "lumascope"."rate_limits" r
            where
              "r"."key" = $31
          ) as wait
        from
          (
            select
              count(*) as n
            from
              "mail_0"
          ) as asked
        where
          n > 0
          and not exists (
            select
            from
              "mail_1"
          )
      ) as refusal
  ),
  "reported" as (
    update "lumascope"."rate_limits" r
    set
      "reported_at" = $32::timestamptz
    from
      refused
    where
      "r"."key" = refused.key
      and (
        "r"."reported_at" is null
        or "r"."reported_at" <= $33::timestamptz - make_interval(secs => refused.seconds)
      )
    returning
      refused.*
  ),
  "account" as (
    select
      u.*
    from
      "lumascope"."users" u
    where
      lower("u"."email") = $34
      and "u"."disabled_at" is null
      and exists (
        select
        from
          "mail_1"
      )
    for key share of
      u
  ),
  "made" as (
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
      $35,
      "account"."id",
      "account"."email",
      "account"."password_version",
      "account"."email_verified_at" is not null,
      $36::timestamptz,
      $37::timestamptz
    from
      account
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
      $38::timestamptz,
      $39::timestamptz,
      message.expires_at,
      message.is_replaceable,
      least(
        message.expires_at,
        $40::timestamptz + make_interval(secs => $41::integer)
      ),
      $42,
      $43::timestamptz + make_interval(secs => $44::integer),
      case
        when message.is_sent then $45::timestamptz
      end
    from
      (
        select
          $46::text,
          $47::text,
          lower("account"."email"),
          "account"."id"::integer,
          jsonb_build_object(
            'language',
            $48::text,
            'email',
            "account"."email",
            'username',
            "account"."username",
            'new_email',
            null::text,
            'at',
            extract(
              epoch
              from
                $49::timestamptz
            ),
            'client',
            jsonb_build_object('address', $50::text, 'user_agent', $51::text),
            'token',
            jsonb_build_object(
              'purpose',
              "made"."purpose",
              'id',
              "made"."id",
              'expires_at',
              floor(
                extract(
                  epoch
                  from
                    "made"."expires_at"
                )
              )
            )
          ),
          "made"."expires_at"::timestamptz,
          null::integer,
          $52::boolean,
          $53::boolean,
          $54::boolean
        from
          account,
          made
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
            and "recent"."created_at" > $55::timestamptz - make_interval(days => 1)
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
      $56::timestamptz,
      $57::text,
      null::integer,
      null::integer,
      null::uuid,
      $58::text,
      $59::text,
      jsonb_build_object('limit', bucket)::jsonb
    from
      reported
    union all
    select
      $60::timestamptz,
      $61::text,
      "account"."id"::integer,
      null::integer,
      null::uuid,
      $62::text,
      $63::text,
      '{}'::jsonb
    from
      one
      left join account on true
    where
      exists (
        select
        from
          "mail_1"
      )
  )
select
  (
    select
      bucket
    from
      refused
  ) as "refusedBy",
  (
    select
      wait
    from
      refused
  ) as "secondsToWait",
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
  one;
