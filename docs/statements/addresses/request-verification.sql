-- npm run statements wrote this from src/addresses/request-verification.

-- insertVerification
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
  "account" as (
    select
      u.*
    from
      "lumascope"."users" u
      join caller on "u"."id" = caller.user_id
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
      $5,
      $6::timestamptz + make_interval(secs => $7),
      $8,
      $9::timestamptz + make_interval(secs => $10)
    from
      account
    where
      "account"."email_verified_at" is null
    on conflict ("key") do update
    set
      "theoretical_arrival_at" = greatest("r"."theoretical_arrival_at", $11::timestamptz) + make_interval(secs => $12),
      "attempts" = "r"."attempts" + 1,
      "expires_at" = excluded."expires_at"
    where
      "r"."theoretical_arrival_at" <= $13::timestamptz + make_interval(secs => $14)
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
      $15,
      $16::timestamptz + make_interval(secs => $17),
      $18,
      $19::timestamptz + make_interval(secs => $20)
    from
      "mail_0"
    on conflict ("key") do update
    set
      "theoretical_arrival_at" = greatest("r"."theoretical_arrival_at", $21::timestamptz) + make_interval(secs => $22),
      "attempts" = "r"."attempts" + 1,
      "expires_at" = excluded."expires_at"
    where
      "r"."theoretical_arrival_at" <= $23::timestamptz + make_interval(secs => $24)
    returning
      "r"."attempts"
  ),
  "refused" as (
    select
      refusal.*,
      case
        when key in ($25::text) then 'mail_account'
        else 'mail_address'
      end as bucket
    from
      (
        select
          $26::text as key,
          $27::integer as seconds,
          (
            select
              extract(
                epoch
                from
                  "r"."theoretical_arrival_at" - make_interval(secs => $28) - $29::timestamptz
              )::double precision
            from
              "lumascope"."rate_limits" r
            where
              "r"."key" = $30
          ) as wait
        from
          (
            select
              count(*) as n
            from
              account
            where
              "account"."email_verified_at" is null
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
          $31::text as key,
          $32::integer as seconds,
          (
            select
              extract(
                epoch
                from
                  "r"."theoretical_arrival_at" - make_interval(secs => $33) - $34::timestamptz
              )::double precision
            from
              "lumascope"."rate_limits" r
            where
              "r"."key" = $35
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
      "reported_at" = $36::timestamptz
    from
      refused
    where
      "r"."key" = refused.key
      and (
        "r"."reported_at" is null
        or "r"."reported_at" <= $37::timestamptz - make_interval(secs => refused.seconds)
      )
    returning
      refused.*
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
      $38,
      "account"."id",
      "account"."email",
      "account"."password_version",
      "account"."email_verified_at" is not null,
      $39::timestamptz,
      $40::timestamptz
    from
      account
    where
      "account"."email_verified_at" is null
      and exists (
        select
        from
          "mail_1"
      )
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
      $41::timestamptz,
      $42::timestamptz,
      message.expires_at,
      message.is_replaceable,
      least(
        message.expires_at,
        $43::timestamptz + make_interval(secs => $44::integer)
      ),
      $45,
      $46::timestamptz + make_interval(secs => $47::integer),
      case
        when message.is_sent then $48::timestamptz
      end
    from
      (
        select
          $49::text,
          $50::text,
          lower("account"."email"),
          "account"."id"::integer,
          jsonb_build_object(
            'language',
            $51::text,
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
                $52::timestamptz
            ),
            'client',
            jsonb_build_object('address', $53::text, 'user_agent', $54::text),
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
          $55::boolean,
          $56::boolean,
          $57::boolean
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
            and "recent"."created_at" > $58::timestamptz - make_interval(days => 1)
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
      $59::timestamptz,
      $60::text,
      (
        select
          caller.user_id
        from
          caller
      )::integer,
      null::integer,
      null::uuid,
      $61::text,
      $62::text,
      jsonb_build_object('limit', bucket)::jsonb
    from
      reported
    union all
    select
      $63::timestamptz,
      $64::text,
      caller.user_id::integer,
      caller.user_id::integer,
      caller.session_id::uuid,
      $65::text,
      $66::text,
      '{}'::jsonb
    from
      caller,
      made
  )
select
  "account"."email_verified_at" is not null as "isVerified",
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
  account;
