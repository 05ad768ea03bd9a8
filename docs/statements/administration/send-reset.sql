-- npm run statements wrote this from src/administration/send-reset.

-- insertResetByAdmin
select
from
  "lumascope"."roles"
where
  "lumascope"."roles"."name" = $1
for no key update;

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
  "actor" as (
    select
      user_id,
      session_id,
      array(
        select distinct
          "given"."permission"
        from
          "lumascope"."user_roles" held
          join "lumascope"."role_permissions" given on "given"."role_name" = "held"."role_name"
        where
          "held"."user_id" = caller.user_id
        order by
          1
      ) as permissions
    from
      caller
  ),
  "subject" as (
    select
      u.*,
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
      ) as permissions
    from
      "lumascope"."users" u
    where
      "u"."id" = $5
    for no key update of
      u
  ),
  "decision" as (
    select
      case
        when not $6::text = any (actor.permissions) then 'forbidden'
        when "subject"."id" is null then 'not_found'
        when not subject.permissions <@ actor.permissions then 'outranked'
        when "subject"."disabled_at" is not null then 'disabled'
        else 'done'
      end as outcome
    from
      actor
      left join subject on true
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
      $7,
      $8::timestamptz + make_interval(secs => $9),
      $10,
      $11::timestamptz + make_interval(secs => $12)
    from
      decision
    where
      decision.outcome = 'done'
    on conflict ("key") do update
    set
      "theoretical_arrival_at" = greatest("r"."theoretical_arrival_at", $13::timestamptz) + make_interval(secs => $14),
      "attempts" = "r"."attempts" + 1,
      "expires_at" = excluded."expires_at"
    where
      "r"."theoretical_arrival_at" <= $15::timestamptz + make_interval(secs => $16)
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
      $17,
      $18::timestamptz + make_interval(secs => $19),
      $20,
      $21::timestamptz + make_interval(secs => $22)
    from
      "mail_0"
    on conflict ("key") do update
    set
      "theoretical_arrival_at" = greatest("r"."theoretical_arrival_at", $23::timestamptz) + make_interval(secs => $24),
      "attempts" = "r"."attempts" + 1,
      "expires_at" = excluded."expires_at"
    where
      "r"."theoretical_arrival_at" <= $25::timestamptz + make_interval(secs => $26)
    returning
      "r"."attempts"
  ),
  "refused" as (
    select
      refusal.*,
      case
        when key in ($27::text) then 'mail_account'
        else 'mail_address'
      end as bucket
    from
      (
        select
          $28::text as key,
          $29::integer as seconds,
          (
            select
              extract(
                epoch
                from
                  "r"."theoretical_arrival_at" - make_interval(secs => $30) - $31::timestamptz
              )::double precision
            from
              "lumascope"."rate_limits" r
            where
              "r"."key" = $32
          ) as wait
        from
          (
            select
              count(*) as n
            from
              decision
            where
              decision.outcome = 'done'
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
          $33::text as key,
          $34::integer as seconds,
          (
            select
              extract(
                epoch
                from
                  "r"."theoretical_arrival_at" - make_interval(secs => $35) - $36::timestamptz
              )::double precision
            from
              "lumascope"."rate_limits" r
            where
              "r"."key" = $37
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
      "reported_at" = $38::timestamptz
    from
      refused
    where
      "r"."key" = refused.key
      and (
        "r"."reported_at" is null
        or "r"."reported_at" <= $39::timestamptz - make_interval(secs => refused.seconds)
      )
    returning
      refused.*
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
      $40,
      "subject"."id",
      "subject"."email",
      "subject"."password_version",
      "subject"."email_verified_at" is not null,
      $41::timestamptz,
      $42::timestamptz
    from
      subject
    where
      (
        "subject"."password_hash" is not null
        or "subject"."password_version" > 1
      )
      and exists (
        select
        from
          "mail_1"
      )
    returning
      *
  ),
  "invitation" as (
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
      $43,
      "subject"."id",
      "subject"."email",
      "subject"."password_version",
      "subject"."email_verified_at" is not null,
      $44::timestamptz,
      $45::timestamptz
    from
      subject
    where
      not (
        "subject"."password_hash" is not null
        or "subject"."password_version" > 1
      )
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
      $46::timestamptz,
      $47::timestamptz,
      message.expires_at,
      message.is_replaceable,
      least(
        message.expires_at,
        $48::timestamptz + make_interval(secs => $49::integer)
      ),
      $50,
      $51::timestamptz + make_interval(secs => $52::integer),
      case
        when message.is_sent then $53::timestamptz
      end
    from
      (
        select
          $54::text,
          $55::text,
          lower("subject"."email"),
          "subject"."id"::integer,
          jsonb_build_object(
            'language',
            $56::text,
            'email',
            "subject"."email",
            'username',
            "subject"."username",
            'new_email',
            null::text,
            'at',
            extract(
              epoch
              from
                $57::timestamptz
            ),
            'client',
            null::jsonb,
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
          $58::boolean,
          $59::boolean,
          $60::boolean
        from
          subject,
        reset
        union all
        select
          $61::text,
          $62::text,
          lower("subject"."email"),
          "subject"."id"::integer,
          jsonb_build_object(
            'language',
            $63::text,
            'email',
            "subject"."email",
            'username',
            "subject"."username",
            'new_email',
            null::text,
            'at',
            extract(
              epoch
              from
                $64::timestamptz
            ),
            'client',
            null::jsonb,
            'token',
            jsonb_build_object(
              'purpose',
              "invitation"."purpose",
              'id',
              "invitation"."id",
              'expires_at',
              floor(
                extract(
                  epoch
                  from
                    "invitation"."expires_at"
                )
              )
            )
          ),
          "invitation"."expires_at"::timestamptz,
          null::integer,
          $65::boolean,
          $66::boolean,
          $67::boolean
        from
          subject,
          invitation
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
            and "recent"."created_at" > $68::timestamptz - make_interval(days => 1)
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
      $69::timestamptz,
      $70::text,
      (
        select
          "subject"."id"
        from
          subject
      )::integer,
      null::integer,
      null::uuid,
      $71::text,
      $72::text,
      jsonb_build_object('limit', bucket)::jsonb
    from
      reported
    union all
    select
      $73::timestamptz,
      $74::text,
      "subject"."id"::integer,
      actor.user_id::integer,
      actor.session_id::uuid,
      $75::text,
      $76::text,
      '{}'::jsonb
    from
      actor,
      subject,
      (
        select
        from
        reset
        union all
        select
        from
          invitation
      ) as sent
  )
select
  decision.outcome as "outcome",
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
  decision;
