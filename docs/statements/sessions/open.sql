-- npm run statements wrote this from src/sessions/open.

-- openSessionRow, by password
with
  "account" as (
    update "lumascope"."users"
    set
      "last_login_at" = $1::timestamptz,
      "consecutive_failures" = 0,
      "password_hash" = case
        when "lumascope"."users"."password_hash" = $2 then coalesce($3, "lumascope"."users"."password_hash")
        else "lumascope"."users"."password_hash"
      end
    where
      "lumascope"."users"."id" = $4
      and "lumascope"."users"."auth_version" = $5
      and "lumascope"."users"."disabled_at" is null
      and (
        $6::boolean
        or greatest(
          0,
          "lumascope"."users"."consecutive_failures" - coalesce(
            floor(
              greatest(
                0,
                extract(
                  epoch
                  from
                    $7::timestamptz - "lumascope"."users"."last_failed_at"
                )
              ) / $8::integer
            ),
            0
          )::integer
        ) < $9
      )
      and (
        "lumascope"."users"."email_verified_at" is not null
        or $10::boolean
      )
    returning
      *
  ),
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
                  $11::timestamptz - "u"."last_failed_at"
              )
            ) / $12::integer
          ),
          0
        )::integer
      ) + 1,
      "last_failed_at" = $13::timestamptz
    where
      "u"."id" = $14
      and not $15::boolean
      and greatest(
        0,
        "u"."consecutive_failures" - coalesce(
          floor(
            greatest(
              0,
              extract(
                epoch
                from
                  $16::timestamptz - "u"."last_failed_at"
              )
            ) / $17::integer
          ),
          0
        )::integer
      ) < $18
    returning
      u.*
  ),
  "given_back" as (
    update "lumascope"."rate_limits" r
    set
      "theoretical_arrival_at" = "r"."theoretical_arrival_at" - make_interval(secs => $19),
      "attempts" = case
        when $20::boolean then 0
        else "r"."attempts"
      end
    where
      "r"."key" = $21
      and exists (
        select
        from
          account
      )
  ),
  "opened" as (
    insert into
      "lumascope"."sessions" (
        "id",
        "user_id",
        "auth_version",
        "created_at",
        "last_used_at",
        "idle_expires_at",
        "expires_at",
        "ip_address",
        "user_agent"
      )
    select
      $22::uuid,
      "account"."id",
      "account"."auth_version",
      $23::timestamptz,
      $24::timestamptz,
      $25::timestamptz,
      $26::timestamptz,
      $27,
      $28
    from
      account
  ),
  "evicted" as (
    update "lumascope"."sessions"
    set
      "revoked_at" = $29::timestamptz,
      "revoked_reason" = $30
    where
      "lumascope"."sessions"."revoked_at" is null
      and "lumascope"."sessions"."id" in (
        select
          "s"."id"
        from
          "lumascope"."sessions" s
          join account on "s"."user_id" = "account"."id"
        where
          (
            "s"."revoked_at" is null
            and "s"."idle_expires_at" > $31::timestamptz
            and "s"."expires_at" > $32::timestamptz
            and "s"."auth_version" >= "account"."auth_version"
            and "account"."disabled_at" is null
          )
        order by
          "s"."last_used_at" desc,
          "s"."id"
        offset
          $33
      )
    returning
      "lumascope"."sessions"."id",
      "lumascope"."sessions"."user_id"
  ),
  "forgotten" as (
    delete from "lumascope"."sessions"
    where
      "lumascope"."sessions"."id" in (
        select
          "found"."id"
        from
          (
            select
              s.*
            from
              "lumascope"."sessions" s
              join account on "s"."user_id" = "account"."id"
            order by
              "s"."created_at" desc,
              "s"."id"
            offset
              $34
            limit
              $35
          ) found
          join account on true
        where
          not (
            "found"."revoked_at" is null
            and "found"."idle_expires_at" > $36::timestamptz
            and "found"."expires_at" > $37::timestamptz
            and "found"."auth_version" >= "account"."auth_version"
            and "account"."disabled_at" is null
          )
        limit
          $38
      )
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
      $39::timestamptz,
      $40::timestamptz,
      message.expires_at,
      message.is_replaceable,
      least(
        message.expires_at,
        $41::timestamptz + make_interval(secs => $42::integer)
      ),
      $43,
      $44::timestamptz + make_interval(secs => $45::integer),
      case
        when message.is_sent then $46::timestamptz
      end
    from
      (
        select
          $47::text,
          $48::text,
          lower("failed"."email"),
          "failed"."id"::integer,
          jsonb_build_object(
            'language',
            $49::text,
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
                $50::timestamptz
            ),
            'client',
            jsonb_build_object('address', $51::text, 'user_agent', $52::text),
            'token',
            null::jsonb
          ),
          null::timestamptz,
          case
            when "failed"."email_verified_at" is null then $53::integer
            else $54::integer
          end::integer,
          $55::boolean,
          $56::boolean,
          $57::boolean
        from
          failed
        where
          "failed"."consecutive_failures" >= $58
        union all
        select
          $59::text,
          $60::text,
          lower("account"."email"),
          "account"."id"::integer,
          jsonb_build_object(
            'language',
            $61::text,
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
                $62::timestamptz
            ),
            'client',
            jsonb_build_object('address', $63::text, 'user_agent', $64::text),
            'token',
            null::jsonb
          ),
          null::timestamptz,
          case
            when "account"."email_verified_at" is null then $65::integer
            else $66::integer
          end::integer,
          $67::boolean,
          $68::boolean,
          $69::boolean
        from
          account
        where
          not $70::boolean
          and exists (
            select
            from
              "lumascope"."users" u
            where
              "u"."id" = "account"."id"
              and "u"."last_login_at" is not null
          )
          and not exists (
            select
            from
              "lumascope"."sessions" s
            where
              "s"."user_id" = "account"."id"
              and "s"."user_agent" is not distinct from $71::text
              and "s"."ip_address" is not distinct from $72::text
          )
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
            and "recent"."created_at" > $73::timestamptz - make_interval(days => 1)
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
      $74::timestamptz,
      $75::text,
      "account"."id"::integer,
      "account"."id"::integer,
      $76::uuid,
      $77::text,
      $78::text,
      '{}'::jsonb
    from
      account
    union all
    select
      $79::timestamptz,
      $80::text,
      "account"."id"::integer,
      "account"."id"::integer,
      $81::uuid,
      $82::text,
      $83::text,
      '{}'::jsonb
    from
      account
    where
      "account"."password_hash" = $84
    union all
    select
      $85::timestamptz,
      $86::text,
      $87::integer,
      null::integer,
      null::uuid,
      $88::text,
      $89::text,
      jsonb_build_object(
        'reason',
        case
          when false then 'email_not_verified'
          else $90::text
        end
      )::jsonb
    where
      not exists (
        select
        from
          account
      )
    union all
    select
      $91::timestamptz,
      $92::text,
      user_id::integer,
      null::integer,
      id::uuid,
      $93::text,
      $94::text,
      '{"reason":"evicted"}'::jsonb
    from
      evicted
  )
select
  false as "isUnverified",
  false as "isMailed",
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
  "account"."id" as "id",
  "account"."username" as "username",
  "account"."email" as "email",
  "account"."full_name" as "fullName",
  array(
    select
      "own"."role_name"
    from
      "lumascope"."user_roles" own
    where
      "own"."user_id" = "account"."id"
    order by
      1
  ) as "roles",
  "account"."email_verified_at" as "emailVerifiedAt",
  "account"."user_metadata" as "userMetadata",
  "account"."app_metadata" as "appMetadata",
  "account"."created_at" as "createdAt",
  "account"."updated_at" as "updatedAt",
  array(
    select distinct
      "given"."permission"
    from
      "lumascope"."user_roles" held
      join "lumascope"."role_permissions" given on "given"."role_name" = "held"."role_name"
    where
      "held"."user_id" = "account"."id"
    order by
      1
  ) as "permissions"
from
  (
    select
  ) as one
  left join account on true;

-- openSessionRow, by password, of a verified address
with
  "account" as (
    update "lumascope"."users"
    set
      "last_login_at" = $1::timestamptz,
      "consecutive_failures" = 0,
      "password_hash" = case
        when "lumascope"."users"."password_hash" = $2 then coalesce($3, "lumascope"."users"."password_hash")
        else "lumascope"."users"."password_hash"
      end
    where
      "lumascope"."users"."id" = $4
      and "lumascope"."users"."auth_version" = $5
      and "lumascope"."users"."disabled_at" is null
      and (
        $6::boolean
        or greatest(
          0,
          "lumascope"."users"."consecutive_failures" - coalesce(
            floor(
              greatest(
                0,
                extract(
                  epoch
                  from
                    $7::timestamptz - "lumascope"."users"."last_failed_at"
                )
              ) / $8::integer
            ),
            0
          )::integer
        ) < $9
      )
      and (
        "lumascope"."users"."email_verified_at" is not null
        or $10::boolean
      )
    returning
      *
  ),
  "unverified" as (
    select
      "lumascope"."users".*
    from
      "lumascope"."users"
    where
      "lumascope"."users"."id" = $11
      and "lumascope"."users"."auth_version" = $12
      and "lumascope"."users"."disabled_at" is null
      and (
        $13::boolean
        or greatest(
          0,
          "lumascope"."users"."consecutive_failures" - coalesce(
            floor(
              greatest(
                0,
                extract(
                  epoch
                  from
                    $14::timestamptz - "lumascope"."users"."last_failed_at"
                )
              ) / $15::integer
            ),
            0
          )::integer
        ) < $16
      )
      and "lumascope"."users"."email_verified_at" is null
    for key share
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
      $17,
      $18::timestamptz + make_interval(secs => $19),
      $20,
      $21::timestamptz + make_interval(secs => $22)
    from
      unverified
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
  "mail_1" as (
    insert into
      "lumascope"."rate_limits" as "r" (
        "key",
        "theoretical_arrival_at",
        "attempts",
        "expires_at"
      )
    select
      $27,
      $28::timestamptz + make_interval(secs => $29),
      $30,
      $31::timestamptz + make_interval(secs => $32)
    from
      "mail_0"
    on conflict ("key") do update
    set
      "theoretical_arrival_at" = greatest("r"."theoretical_arrival_at", $33::timestamptz) + make_interval(secs => $34),
      "attempts" = "r"."attempts" + 1,
      "expires_at" = excluded."expires_at"
    where
      "r"."theoretical_arrival_at" <= $35::timestamptz + make_interval(secs => $36)
    returning
      "r"."attempts"
  ),
  "refused" as (
    select
      refusal.*,
      case
        when key in ($37::text) then 'mail_account'
        else 'mail_address'
      end as bucket
    from
      (
        select
          $38::text as key,
          $39::integer as seconds,
          (
            select
              extract(
                epoch
                from
                  "r"."theoretical_arrival_at" - make_interval(secs => $40) - $41::timestamptz
              )::double precision
            from
              "lumascope"."rate_limits" r
            where
              "r"."key" = $42
          ) as wait
        from
          (
            select
              count(*) as n
            from
              unverified
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
          $43::text as key,
          $44::integer as seconds,
          (
            select
              extract(
                epoch
                from
                  "r"."theoretical_arrival_at" - make_interval(secs => $45) - $46::timestamptz
              )::double precision
            from
              "lumascope"."rate_limits" r
            where
              "r"."key" = $47
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
      "reported_at" = $48::timestamptz
    from
      refused
    where
      "r"."key" = refused.key
      and (
        "r"."reported_at" is null
        or "r"."reported_at" <= $49::timestamptz - make_interval(secs => refused.seconds)
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
      $50,
      "unverified"."id",
      "unverified"."email",
      "unverified"."password_version",
      "unverified"."email_verified_at" is not null,
      $51::timestamptz,
      $52::timestamptz
    from
      unverified
    where
      exists (
        select
        from
          "mail_1"
      )
    returning
      *
  ),
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
                  $53::timestamptz - "u"."last_failed_at"
              )
            ) / $54::integer
          ),
          0
        )::integer
      ) + 1,
      "last_failed_at" = $55::timestamptz
    where
      "u"."id" = $56
      and not $57::boolean
      and greatest(
        0,
        "u"."consecutive_failures" - coalesce(
          floor(
            greatest(
              0,
              extract(
                epoch
                from
                  $58::timestamptz - "u"."last_failed_at"
              )
            ) / $59::integer
          ),
          0
        )::integer
      ) < $60
    returning
      u.*
  ),
  "given_back" as (
    update "lumascope"."rate_limits" r
    set
      "theoretical_arrival_at" = "r"."theoretical_arrival_at" - make_interval(secs => $61),
      "attempts" = case
        when $62::boolean then 0
        else "r"."attempts"
      end
    where
      "r"."key" = $63
      and exists (
        select
        from
          account
        union all
        select
        from
          unverified
      )
  ),
  "opened" as (
    insert into
      "lumascope"."sessions" (
        "id",
        "user_id",
        "auth_version",
        "created_at",
        "last_used_at",
        "idle_expires_at",
        "expires_at",
        "ip_address",
        "user_agent"
      )
    select
      $64::uuid,
      "account"."id",
      "account"."auth_version",
      $65::timestamptz,
      $66::timestamptz,
      $67::timestamptz,
      $68::timestamptz,
      $69,
      $70
    from
      account
  ),
  "evicted" as (
    update "lumascope"."sessions"
    set
      "revoked_at" = $71::timestamptz,
      "revoked_reason" = $72
    where
      "lumascope"."sessions"."revoked_at" is null
      and "lumascope"."sessions"."id" in (
        select
          "s"."id"
        from
          "lumascope"."sessions" s
          join account on "s"."user_id" = "account"."id"
        where
          (
            "s"."revoked_at" is null
            and "s"."idle_expires_at" > $73::timestamptz
            and "s"."expires_at" > $74::timestamptz
            and "s"."auth_version" >= "account"."auth_version"
            and "account"."disabled_at" is null
          )
        order by
          "s"."last_used_at" desc,
          "s"."id"
        offset
          $75
      )
    returning
      "lumascope"."sessions"."id",
      "lumascope"."sessions"."user_id"
  ),
  "forgotten" as (
    delete from "lumascope"."sessions"
    where
      "lumascope"."sessions"."id" in (
        select
          "found"."id"
        from
          (
            select
              s.*
            from
              "lumascope"."sessions" s
              join account on "s"."user_id" = "account"."id"
            order by
              "s"."created_at" desc,
              "s"."id"
            offset
              $76
            limit
              $77
          ) found
          join account on true
        where
          not (
            "found"."revoked_at" is null
            and "found"."idle_expires_at" > $78::timestamptz
            and "found"."expires_at" > $79::timestamptz
            and "found"."auth_version" >= "account"."auth_version"
            and "account"."disabled_at" is null
          )
        limit
          $80
      )
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
      $81::timestamptz,
      $82::timestamptz,
      message.expires_at,
      message.is_replaceable,
      least(
        message.expires_at,
        $83::timestamptz + make_interval(secs => $84::integer)
      ),
      $85,
      $86::timestamptz + make_interval(secs => $87::integer),
      case
        when message.is_sent then $88::timestamptz
      end
    from
      (
        select
          $89::text,
          $90::text,
          lower("failed"."email"),
          "failed"."id"::integer,
          jsonb_build_object(
            'language',
            $91::text,
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
                $92::timestamptz
            ),
            'client',
            jsonb_build_object('address', $93::text, 'user_agent', $94::text),
            'token',
            null::jsonb
          ),
          null::timestamptz,
          case
            when "failed"."email_verified_at" is null then $95::integer
            else $96::integer
          end::integer,
          $97::boolean,
          $98::boolean,
          $99::boolean
        from
          failed
        where
          "failed"."consecutive_failures" >= $100
        union all
        select
          $101::text,
          $102::text,
          lower("account"."email"),
          "account"."id"::integer,
          jsonb_build_object(
            'language',
            $103::text,
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
                $104::timestamptz
            ),
            'client',
            jsonb_build_object('address', $105::text, 'user_agent', $106::text),
            'token',
            null::jsonb
          ),
          null::timestamptz,
          case
            when "account"."email_verified_at" is null then $107::integer
            else $108::integer
          end::integer,
          $109::boolean,
          $110::boolean,
          $111::boolean
        from
          account
        where
          not $112::boolean
          and exists (
            select
            from
              "lumascope"."users" u
            where
              "u"."id" = "account"."id"
              and "u"."last_login_at" is not null
          )
          and not exists (
            select
            from
              "lumascope"."sessions" s
            where
              "s"."user_id" = "account"."id"
              and "s"."user_agent" is not distinct from $113::text
              and "s"."ip_address" is not distinct from $114::text
          )
        union all
        select
          $115::text,
          $116::text,
          lower("unverified"."email"),
          "unverified"."id"::integer,
          jsonb_build_object(
            'language',
            $117::text,
            'email',
            "unverified"."email",
            'username',
            "unverified"."username",
            'new_email',
            null::text,
            'at',
            extract(
              epoch
              from
                $118::timestamptz
            ),
            'client',
            jsonb_build_object('address', $119::text, 'user_agent', $120::text),
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
          $121::boolean,
          $122::boolean,
          $123::boolean
        from
          unverified,
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
            and "recent"."created_at" > $124::timestamptz - make_interval(days => 1)
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
      $125::timestamptz,
      $126::text,
      "account"."id"::integer,
      "account"."id"::integer,
      $127::uuid,
      $128::text,
      $129::text,
      '{}'::jsonb
    from
      account
    union all
    select
      $130::timestamptz,
      $131::text,
      "account"."id"::integer,
      "account"."id"::integer,
      $132::uuid,
      $133::text,
      $134::text,
      '{}'::jsonb
    from
      account
    where
      "account"."password_hash" = $135
    union all
    select
      $136::timestamptz,
      $137::text,
      $138::integer,
      null::integer,
      null::uuid,
      $139::text,
      $140::text,
      jsonb_build_object(
        'reason',
        case
          when exists (
            select
            from
              unverified
          ) then 'email_not_verified'
          else $141::text
        end
      )::jsonb
    where
      not exists (
        select
        from
          account
      )
    union all
    select
      $142::timestamptz,
      $143::text,
      user_id::integer,
      null::integer,
      id::uuid,
      $144::text,
      $145::text,
      '{"reason":"evicted"}'::jsonb
    from
      evicted
  )
select
  exists (
    select
    from
      unverified
  ) as "isUnverified",
  exists (
    select
    from
      made
  ) as "isMailed",
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
  "account"."id" as "id",
  "account"."username" as "username",
  "account"."email" as "email",
  "account"."full_name" as "fullName",
  array(
    select
      "own"."role_name"
    from
      "lumascope"."user_roles" own
    where
      "own"."user_id" = "account"."id"
    order by
      1
  ) as "roles",
  "account"."email_verified_at" as "emailVerifiedAt",
  "account"."user_metadata" as "userMetadata",
  "account"."app_metadata" as "appMetadata",
  "account"."created_at" as "createdAt",
  "account"."updated_at" as "updatedAt",
  array(
    select distinct
      "given"."permission"
    from
      "lumascope"."user_roles" held
      join "lumascope"."role_permissions" given on "given"."role_name" = "held"."role_name"
    where
      "held"."user_id" = "account"."id"
    order by
      1
  ) as "permissions"
from
  (
    select
  ) as one
  left join account on true;
