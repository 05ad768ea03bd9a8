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
  "announced" as (
    insert into
      "lumascope"."rate_limits" as "r" (
        "key",
        "theoretical_arrival_at",
        "attempts",
        "expires_at"
      )
    select
      $22,
      $23::timestamptz + make_interval(secs => $24),
      $25,
      $26::timestamptz + make_interval(secs => $27)
    from
      account
    where
      $28::boolean
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
          and "s"."user_agent" is not distinct from $29::text
          and "s"."ip_address" is not distinct from $30::text
      )
    on conflict ("key") do update
    set
      "theoretical_arrival_at" = greatest("r"."theoretical_arrival_at", $31::timestamptz) + make_interval(secs => $32),
      "attempts" = "r"."attempts" + 1,
      "expires_at" = excluded."expires_at"
    where
      "r"."theoretical_arrival_at" <= $33::timestamptz + make_interval(secs => $34)
    returning
      "r"."attempts"
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
      $35::uuid,
      "account"."id",
      "account"."auth_version",
      $36::timestamptz,
      $37::timestamptz,
      $38::timestamptz,
      $39::timestamptz,
      $40,
      $41
    from
      account
  ),
  "evicted" as (
    update "lumascope"."sessions"
    set
      "revoked_at" = $42::timestamptz,
      "revoked_reason" = $43
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
            and "s"."idle_expires_at" > $44::timestamptz
            and "s"."expires_at" > $45::timestamptz
            and "s"."auth_version" >= "account"."auth_version"
            and "account"."disabled_at" is null
          )
        order by
          "s"."last_used_at" desc,
          "s"."id"
        offset
          $46
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
              $47
            limit
              $48
          ) found
          join account on true
        where
          not (
            "found"."revoked_at" is null
            and "found"."idle_expires_at" > $49::timestamptz
            and "found"."expires_at" > $50::timestamptz
            and "found"."auth_version" >= "account"."auth_version"
            and "account"."disabled_at" is null
          )
        limit
          $51
      )
  ),
  "queued" as (
    insert into
      "lumascope"."outbox" (
        "kind",
        "name",
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
      message.user_id,
      message.payload,
      $52::timestamptz,
      $53::timestamptz,
      message.expires_at,
      message.is_replaceable,
      least(
        message.expires_at,
        $54::timestamptz + make_interval(secs => $55::integer)
      ),
      $56,
      $57::timestamptz + make_interval(secs => $58::integer),
      case
        when message.is_sent then $59::timestamptz
      end
    from
      (
        select
          $60::text,
          $61::text,
          "failed"."id"::integer,
          jsonb_build_object(
            'language',
            $62::text,
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
                $63::timestamptz
            ),
            'client',
            jsonb_build_object('address', $64::text, 'user_agent', $65::text),
            'token',
            null::jsonb
          ),
          null::timestamptz,
          $66::boolean,
          $67::boolean,
          $68::boolean
        from
          failed
        where
          "failed"."consecutive_failures" >= $69
        union all
        select
          $70::text,
          $71::text,
          "account"."id"::integer,
          jsonb_build_object(
            'language',
            $72::text,
            'to',
            "account"."email",
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
                $73::timestamptz
            ),
            'client',
            jsonb_build_object('address', $74::text, 'user_agent', $75::text),
            'token',
            null::jsonb
          ),
          null::timestamptz,
          $76::boolean,
          $77::boolean,
          $78::boolean
        from
          account,
          announced
      ) as message (
        kind,
        name,
        user_id,
        payload,
        expires_at,
        is_replaceable,
        is_sent,
        is_wanted
      )
    where
      message.is_wanted
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
    union all
    select
      $84::timestamptz,
      $85::text,
      "account"."id"::integer,
      "account"."id"::integer,
      $86::uuid,
      $87::text,
      $88::text,
      '{}'::jsonb
    from
      account
    where
      "account"."password_hash" = $89
    union all
    select
      $90::timestamptz,
      $91::text,
      $92::integer,
      null::integer,
      null::uuid,
      $93::text,
      $94::text,
      jsonb_build_object(
        'reason',
        case
          when false then 'email_not_verified'
          else $95::text
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
      $96::timestamptz,
      $97::text,
      user_id::integer,
      null::integer,
      id::uuid,
      $98::text,
      $99::text,
      '{"reason":"evicted"}'::jsonb
    from
      evicted
  )
select
  false as "isUnverified",
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
  "unverified" as (
    select
      "lumascope"."users".*
    from
      "lumascope"."users"
    where
      "lumascope"."users"."id" = $22
      and "lumascope"."users"."auth_version" = $23
      and "lumascope"."users"."disabled_at" is null
      and (
        $24::boolean
        or greatest(
          0,
          "lumascope"."users"."consecutive_failures" - coalesce(
            floor(
              greatest(
                0,
                extract(
                  epoch
                  from
                    $25::timestamptz - "lumascope"."users"."last_failed_at"
                )
              ) / $26::integer
            ),
            0
          )::integer
        ) < $27
      )
      and "lumascope"."users"."email_verified_at" is null
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
      $28,
      $29::timestamptz + make_interval(secs => $30),
      $31,
      $32::timestamptz + make_interval(secs => $33)
    from
      unverified
    on conflict ("key") do update
    set
      "theoretical_arrival_at" = greatest("r"."theoretical_arrival_at", $34::timestamptz) + make_interval(secs => $35),
      "attempts" = "r"."attempts" + 1,
      "expires_at" = excluded."expires_at"
    where
      "r"."theoretical_arrival_at" <= $36::timestamptz + make_interval(secs => $37)
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
      $38,
      $39::timestamptz + make_interval(secs => $40),
      $41,
      $42::timestamptz + make_interval(secs => $43)
    from
      "mail_0"
    on conflict ("key") do update
    set
      "theoretical_arrival_at" = greatest("r"."theoretical_arrival_at", $44::timestamptz) + make_interval(secs => $45),
      "attempts" = "r"."attempts" + 1,
      "expires_at" = excluded."expires_at"
    where
      "r"."theoretical_arrival_at" <= $46::timestamptz + make_interval(secs => $47)
    returning
      "r"."attempts"
  ),
  "refused" as (
    select
      refusal.*,
      case
        when key in ($48::text) then 'mail_account'
        else 'mail_address'
      end as bucket
    from
      (
        select
          $49::text as key,
          $50::integer as seconds,
          (
            select
              extract(
                epoch
                from
                  "r"."theoretical_arrival_at" - make_interval(secs => $51) - $52::timestamptz
              )::double precision
            from
              "lumascope"."rate_limits" r
            where
              "r"."key" = $53
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
          $54::text as key,
          $55::integer as seconds,
          (
            select
              extract(
                epoch
                from
                  "r"."theoretical_arrival_at" - make_interval(secs => $56) - $57::timestamptz
              )::double precision
            from
              "lumascope"."rate_limits" r
            where
              "r"."key" = $58
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
      "reported_at" = $59::timestamptz
    from
      refused
    where
      "r"."key" = refused.key
      and (
        "r"."reported_at" is null
        or "r"."reported_at" <= $60::timestamptz - make_interval(secs => refused.seconds)
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
        "created_at",
        "expires_at"
      )
    select
      $61,
      "unverified"."id",
      "unverified"."email",
      "unverified"."password_version",
      $62::timestamptz,
      $63::timestamptz
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
  "announced" as (
    insert into
      "lumascope"."rate_limits" as "r" (
        "key",
        "theoretical_arrival_at",
        "attempts",
        "expires_at"
      )
    select
      $64,
      $65::timestamptz + make_interval(secs => $66),
      $67,
      $68::timestamptz + make_interval(secs => $69)
    from
      account
    where
      $70::boolean
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
    on conflict ("key") do update
    set
      "theoretical_arrival_at" = greatest("r"."theoretical_arrival_at", $73::timestamptz) + make_interval(secs => $74),
      "attempts" = "r"."attempts" + 1,
      "expires_at" = excluded."expires_at"
    where
      "r"."theoretical_arrival_at" <= $75::timestamptz + make_interval(secs => $76)
    returning
      "r"."attempts"
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
      $77::uuid,
      "account"."id",
      "account"."auth_version",
      $78::timestamptz,
      $79::timestamptz,
      $80::timestamptz,
      $81::timestamptz,
      $82,
      $83
    from
      account
  ),
  "evicted" as (
    update "lumascope"."sessions"
    set
      "revoked_at" = $84::timestamptz,
      "revoked_reason" = $85
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
            and "s"."idle_expires_at" > $86::timestamptz
            and "s"."expires_at" > $87::timestamptz
            and "s"."auth_version" >= "account"."auth_version"
            and "account"."disabled_at" is null
          )
        order by
          "s"."last_used_at" desc,
          "s"."id"
        offset
          $88
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
              $89
            limit
              $90
          ) found
          join account on true
        where
          not (
            "found"."revoked_at" is null
            and "found"."idle_expires_at" > $91::timestamptz
            and "found"."expires_at" > $92::timestamptz
            and "found"."auth_version" >= "account"."auth_version"
            and "account"."disabled_at" is null
          )
        limit
          $93
      )
  ),
  "queued" as (
    insert into
      "lumascope"."outbox" (
        "kind",
        "name",
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
      message.user_id,
      message.payload,
      $94::timestamptz,
      $95::timestamptz,
      message.expires_at,
      message.is_replaceable,
      least(
        message.expires_at,
        $96::timestamptz + make_interval(secs => $97::integer)
      ),
      $98,
      $99::timestamptz + make_interval(secs => $100::integer),
      case
        when message.is_sent then $101::timestamptz
      end
    from
      (
        select
          $102::text,
          $103::text,
          "failed"."id"::integer,
          jsonb_build_object(
            'language',
            $104::text,
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
                $105::timestamptz
            ),
            'client',
            jsonb_build_object('address', $106::text, 'user_agent', $107::text),
            'token',
            null::jsonb
          ),
          null::timestamptz,
          $108::boolean,
          $109::boolean,
          $110::boolean
        from
          failed
        where
          "failed"."consecutive_failures" >= $111
        union all
        select
          $112::text,
          $113::text,
          "account"."id"::integer,
          jsonb_build_object(
            'language',
            $114::text,
            'to',
            "account"."email",
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
                $115::timestamptz
            ),
            'client',
            jsonb_build_object('address', $116::text, 'user_agent', $117::text),
            'token',
            null::jsonb
          ),
          null::timestamptz,
          $118::boolean,
          $119::boolean,
          $120::boolean
        from
          account,
          announced
        union all
        select
          $121::text,
          $122::text,
          "unverified"."id"::integer,
          jsonb_build_object(
            'language',
            $123::text,
            'to',
            "unverified"."email",
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
                $124::timestamptz
            ),
            'client',
            jsonb_build_object('address', $125::text, 'user_agent', $126::text),
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
          $127::boolean,
          $128::boolean,
          $129::boolean
        from
          unverified,
          made
      ) as message (
        kind,
        name,
        user_id,
        payload,
        expires_at,
        is_replaceable,
        is_sent,
        is_wanted
      )
    where
      message.is_wanted
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
    union all
    select
      $135::timestamptz,
      $136::text,
      "account"."id"::integer,
      "account"."id"::integer,
      $137::uuid,
      $138::text,
      $139::text,
      '{}'::jsonb
    from
      account
    where
      "account"."password_hash" = $140
    union all
    select
      $141::timestamptz,
      $142::text,
      $143::integer,
      null::integer,
      null::uuid,
      $144::text,
      $145::text,
      jsonb_build_object(
        'reason',
        case
          when exists (
            select
            from
              unverified
          ) then 'email_not_verified'
          else $146::text
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
      $147::timestamptz,
      $148::text,
      user_id::integer,
      null::integer,
      id::uuid,
      $149::text,
      $150::text,
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
