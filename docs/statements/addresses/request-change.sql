-- npm run statements wrote this from src/addresses/request-change.

-- insertAddressChange
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
  "confirmed" as (
    select
      u.*
    from
      "lumascope"."users" u,
      caller
    where
      "u"."id" = caller.user_id
      and caller.auth_version = $5
      and (
        $6::boolean
        or greatest(
          0,
          "u"."consecutive_failures" - coalesce(
            floor(
              greatest(
                0,
                extract(
                  epoch
                  from
                    $7::timestamptz - "u"."last_failed_at"
                )
              ) / $8::integer
            ),
            0
          )::integer
        ) < $9
      )
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
      $10,
      $11::timestamptz + make_interval(secs => $12),
      $13,
      $14::timestamptz + make_interval(secs => $15)
    from
      confirmed
    on conflict ("key") do update
    set
      "theoretical_arrival_at" = greatest("r"."theoretical_arrival_at", $16::timestamptz) + make_interval(secs => $17),
      "attempts" = "r"."attempts" + 1,
      "expires_at" = excluded."expires_at"
    where
      "r"."theoretical_arrival_at" <= $18::timestamptz + make_interval(secs => $19)
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
      $20,
      $21::timestamptz + make_interval(secs => $22),
      $23,
      $24::timestamptz + make_interval(secs => $25)
    from
      "mail_0"
    on conflict ("key") do update
    set
      "theoretical_arrival_at" = greatest("r"."theoretical_arrival_at", $26::timestamptz) + make_interval(secs => $27),
      "attempts" = "r"."attempts" + 1,
      "expires_at" = excluded."expires_at"
    where
      "r"."theoretical_arrival_at" <= $28::timestamptz + make_interval(secs => $29)
    returning
      "r"."attempts"
  ),
  "refused" as (
    select
      refusal.*,
      case
        when key in ($30::text) then 'mail_account'
        else 'mail_address'
      end as bucket
    from
      (
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
              confirmed
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
          $36::text as key,
          $37::integer as seconds,
          (
            select
              extract(
                epoch
                from
                  "r"."theoretical_arrival_at" - make_interval(secs => $38) - $39::timestamptz
              )::double precision
            from
              "lumascope"."rate_limits" r
            where
              "r"."key" = $40
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
      "reported_at" = $41::timestamptz
    from
      refused
    where
      "r"."key" = refused.key
      and (
        "r"."reported_at" is null
        or "r"."reported_at" <= $42::timestamptz - make_interval(secs => refused.seconds)
      )
    returning
      refused.*
  ),
  "owner" as (
    select
      u.*
    from
      "lumascope"."users" u,
      confirmed
    where
      lower("u"."email") = $43
      and exists (
        select
        from
          "mail_1"
      )
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
      $44,
      "confirmed"."id",
      $45,
      "confirmed"."password_version",
      "confirmed"."email_verified_at" is not null,
      $46::timestamptz,
      $47::timestamptz
    from
      confirmed
    where
      exists (
        select
        from
          "mail_1"
      )
      and not exists (
        select
        from
          owner
      )
      and not exists (
        select
        from
          "lumascope"."one_time_tokens" kept
        where
          lower("kept"."email") = lower($48)
          and "kept"."purpose" = 'email_undo'
          and "kept"."is_proven"
          and "kept"."consumed_at" is null
          and "kept"."expires_at" > $49::timestamptz
          and "kept"."user_id" <> "confirmed"."id"
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
      $50::timestamptz,
      $51::timestamptz,
      message.expires_at,
      message.is_replaceable,
      least(
        message.expires_at,
        $52::timestamptz + make_interval(secs => $53::integer)
      ),
      $54,
      $55::timestamptz + make_interval(secs => $56::integer),
      case
        when message.is_sent then $57::timestamptz
      end
    from
      (
        select
          $58::text,
          $59::text,
          lower("made"."email"),
          "confirmed"."id"::integer,
          jsonb_build_object(
            'language',
            $60::text,
            'email',
            "confirmed"."email",
            'username',
            "confirmed"."username",
            'new_email',
            $61::text,
            'at',
            extract(
              epoch
              from
                $62::timestamptz
            ),
            'client',
            null::jsonb,
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
          $63::boolean,
          $64::boolean,
          $65::boolean
        from
          confirmed,
          made
        union all
        select
          $66::text,
          $67::text,
          lower("confirmed"."email"),
          "confirmed"."id"::integer,
          jsonb_build_object(
            'language',
            $68::text,
            'email',
            "confirmed"."email",
            'username',
            "confirmed"."username",
            'new_email',
            $69::text,
            'at',
            extract(
              epoch
              from
                $70::timestamptz
            ),
            'client',
            jsonb_build_object('address', $71::text, 'user_agent', $72::text),
            'token',
            null::jsonb
          ),
          null::timestamptz,
          case
            when "confirmed"."email_verified_at" is null then $73::integer
            else $74::integer
          end::integer,
          $75::boolean,
          $76::boolean,
          $77::boolean
        from
          confirmed
        where
          exists (
            select
            from
              "mail_1"
          )
        union all
        select
          $78::text,
          $79::text,
          lower("owner"."email"),
          "owner"."id"::integer,
          jsonb_build_object(
            'language',
            $80::text,
            'email',
            "owner"."email",
            'username',
            "owner"."username",
            'new_email',
            null::text,
            'at',
            extract(
              epoch
              from
                $81::timestamptz
            ),
            'client',
            null::jsonb,
            'token',
            null::jsonb
          ),
          null::timestamptz,
          $82::integer::integer,
          $83::boolean,
          $84::boolean,
          $85::boolean
        from
          owner
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
            and "recent"."created_at" > $86::timestamptz - make_interval(days => 1)
        ) < message.max_a_day
      )
    returning
      *
  ),
  "given_back" as (
    update "lumascope"."rate_limits" r
    set
      "theoretical_arrival_at" = "r"."theoretical_arrival_at" - make_interval(secs => $87),
      "attempts" = case
        when $88::boolean then 0
        else "r"."attempts"
      end
    where
      "r"."key" = $89
      and exists (
        select
        from
          confirmed
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
      $90::timestamptz,
      $91::text,
      (
        select
          caller.user_id
        from
          caller
      )::integer,
      null::integer,
      null::uuid,
      $92::text,
      $93::text,
      jsonb_build_object('limit', bucket)::jsonb
    from
      reported
    union all
    select
      $94::timestamptz,
      $95::text,
      caller.user_id::integer,
      caller.user_id::integer,
      caller.session_id::uuid,
      $96::text,
      $97::text,
      '{}'::jsonb
    from
      caller,
      confirmed
    where
      exists (
        select
        from
          "mail_1"
      )
    union all
    select
      $98::timestamptz,
      $99::text,
      caller.user_id::integer,
      caller.user_id::integer,
      caller.session_id::uuid,
      $100::text,
      $101::text,
      '{}'::jsonb
    from
      caller
    where
      not exists (
        select
        from
          confirmed
      )
  )
select
  exists (
    select
    from
      confirmed
  ) as "isRight",
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
  caller;
