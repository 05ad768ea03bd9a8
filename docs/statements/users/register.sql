-- npm run statements wrote this from src/users/register.

-- insertUser
with
  "one" as (
    select
      1
  ),
  "bucket_0" as (
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
  "allowed" as (
    select
    where
      exists (
        select
        from
          "bucket_0"
      )
  ),
  "refused" as (
    select
      $11::text as key,
      $12::integer as seconds,
      (
        select
          extract(
            epoch
            from
              "r"."theoretical_arrival_at" - make_interval(secs => $13) - $14::timestamptz
          )::double precision
        from
          "lumascope"."rate_limits" r
        where
          "r"."key" = $15
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
          "bucket_0"
      )
  ),
  "taken" as (
    select
      exists (
        select
        from
          "lumascope"."users" u
        where
          lower("u"."email") = lower($16)
      )
      or exists (
        select
        from
          "lumascope"."one_time_tokens" kept
        where
          lower("kept"."email") = lower($17)
          and "kept"."purpose" = 'email_undo'
          and "kept"."is_proven"
          and "kept"."consumed_at" is null
          and "kept"."expires_at" > $18::timestamptz
          and true
      ) as email,
      exists (
        select
        from
          "lumascope"."users" u
        where
          lower("u"."username") = lower($19)
      ) as username
  ),
  "created" as (
    insert into
      "lumascope"."users" (
        "username",
        "email",
        "full_name",
        "password_hash",
        "last_login_at",
        "created_at",
        "updated_at"
      )
    select
      $20,
      $21,
      $22,
      $23,
      null::timestamptz,
      $24::timestamptz,
      $25::timestamptz
    from
      allowed,
      taken
    where
      not taken.email
      and not taken.username
    on conflict (lower("email")) do nothing
    returning
      *
  ),
  "granted" as (
    insert into
      "lumascope"."user_roles" ("user_id", "role_name")
    select
      "created"."id",
      $26
    from
      created
    returning
      "role_name"
  ),
  "verification" as (
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
      $27,
      "created"."id",
      "created"."email",
      "created"."password_version",
      "created"."email_verified_at" is not null,
      $28::timestamptz,
      $29::timestamptz
    from
      created
    returning
      *
  ),
  "owner" as (
    select
      u.*
    from
      "lumascope"."users" u,
      allowed,
      taken
    where
      $30::boolean
      and taken.email
      and not taken.username
      and lower("u"."email") = lower($31)
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
      $32::timestamptz,
      $33::timestamptz,
      message.expires_at,
      message.is_replaceable,
      least(
        message.expires_at,
        $34::timestamptz + make_interval(secs => $35::integer)
      ),
      $36,
      $37::timestamptz + make_interval(secs => $38::integer),
      case
        when message.is_sent then $39::timestamptz
      end
    from
      (
        select
          $40::text,
          $41::text,
          lower("created"."email"),
          "created"."id"::integer,
          jsonb_build_object(
            'language',
            $42::text,
            'email',
            "created"."email",
            'username',
            "created"."username",
            'new_email',
            null::text,
            'at',
            extract(
              epoch
              from
                $43::timestamptz
            ),
            'client',
            jsonb_build_object('address', $44::text, 'user_agent', $45::text),
            'token',
            jsonb_build_object(
              'purpose',
              "verification"."purpose",
              'id',
              "verification"."id",
              'expires_at',
              floor(
                extract(
                  epoch
                  from
                    "verification"."expires_at"
                )
              )
            )
          ),
          "verification"."expires_at"::timestamptz,
          null::integer,
          $46::boolean,
          $47::boolean,
          $48::boolean
        from
          created,
          verification
        union all
        select
          $49::text,
          $50::text,
          lower("owner"."email"),
          "owner"."id"::integer,
          jsonb_build_object(
            'language',
            $51::text,
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
                $52::timestamptz
            ),
            'client',
            null::jsonb,
            'token',
            null::jsonb
          ),
          null::timestamptz,
          $53::integer::integer,
          $54::boolean,
          $55::boolean,
          $56::boolean
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
            and "recent"."created_at" > $57::timestamptz - make_interval(days => 1)
        ) < message.max_a_day
      )
    returning
      *
  ),
  "reported" as (
    update "lumascope"."rate_limits" r
    set
      "reported_at" = $58::timestamptz
    from
      refused
    where
      "r"."key" = refused.key
      and (
        "r"."reported_at" is null
        or "r"."reported_at" <= $59::timestamptz - make_interval(secs => refused.seconds)
      )
    returning
      refused.*
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
      $60::timestamptz,
      $61::text,
      "created"."id"::integer,
      null::integer,
      null::uuid,
      $62::text,
      $63::text,
      '{}'::jsonb
    from
      created
    union all
    select
      $64::timestamptz,
      $65::text,
      null::integer,
      null::integer,
      null::uuid,
      $66::text,
      $67::text,
      '{"limit":"register_address"}'::jsonb
    from
      reported
  )
select
  exists (
    select
    from
      allowed
  ) as "isAllowed",
  (
    select
      wait
    from
      refused
  ) as "secondsToWait",
  taken.email as "isEmailTaken",
  taken.username as "isUsernameTaken",
  "created"."password_version" as "passwordVersion",
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
  "created"."id" as "id",
  "created"."username" as "username",
  "created"."email" as "email",
  "created"."full_name" as "fullName",
  array(
    select
      "granted"."role_name"
    from
      granted
  ) as "roles",
  "created"."email_verified_at" as "emailVerifiedAt",
  "created"."user_metadata" as "userMetadata",
  "created"."app_metadata" as "appMetadata",
  "created"."created_at" as "createdAt",
  "created"."updated_at" as "updatedAt",
  array(
    select
      "given"."permission"
    from
      granted
      join "lumascope"."role_permissions" given on "given"."role_name" = "granted"."role_name"
    order by
      1
  ) as "permissions"
from
  taken
  left join created on true;

-- insertUser, whose owner is told
with
  "one" as (
    select
      1
  ),
  "bucket_0" as (
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
  "allowed" as (
    select
    where
      exists (
        select
        from
          "bucket_0"
      )
  ),
  "refused" as (
    select
      $11::text as key,
      $12::integer as seconds,
      (
        select
          extract(
            epoch
            from
              "r"."theoretical_arrival_at" - make_interval(secs => $13) - $14::timestamptz
          )::double precision
        from
          "lumascope"."rate_limits" r
        where
          "r"."key" = $15
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
          "bucket_0"
      )
  ),
  "taken" as (
    select
      exists (
        select
        from
          "lumascope"."users" u
        where
          lower("u"."email") = lower($16)
      )
      or exists (
        select
        from
          "lumascope"."one_time_tokens" kept
        where
          lower("kept"."email") = lower($17)
          and "kept"."purpose" = 'email_undo'
          and "kept"."is_proven"
          and "kept"."consumed_at" is null
          and "kept"."expires_at" > $18::timestamptz
          and true
      ) as email,
      exists (
        select
        from
          "lumascope"."users" u
        where
          lower("u"."username") = lower($19)
      ) as username
  ),
  "created" as (
    insert into
      "lumascope"."users" (
        "username",
        "email",
        "full_name",
        "password_hash",
        "last_login_at",
        "created_at",
        "updated_at"
      )
    select
      $20,
      $21,
      $22,
      $23,
      null::timestamptz,
      $24::timestamptz,
      $25::timestamptz
    from
      allowed,
      taken
    where
      not taken.email
      and not taken.username
    on conflict (lower("email")) do nothing
    returning
      *
  ),
  "granted" as (
    insert into
      "lumascope"."user_roles" ("user_id", "role_name")
    select
      "created"."id",
      $26
    from
      created
    returning
      "role_name"
  ),
  "verification" as (
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
      $27,
      "created"."id",
      "created"."email",
      "created"."password_version",
      "created"."email_verified_at" is not null,
      $28::timestamptz,
      $29::timestamptz
    from
      created
    returning
      *
  ),
  "owner" as (
    select
      u.*
    from
      "lumascope"."users" u,
      allowed,
      taken
    where
      $30::boolean
      and taken.email
      and not taken.username
      and lower("u"."email") = lower($31)
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
      $32::timestamptz,
      $33::timestamptz,
      message.expires_at,
      message.is_replaceable,
      least(
        message.expires_at,
        $34::timestamptz + make_interval(secs => $35::integer)
      ),
      $36,
      $37::timestamptz + make_interval(secs => $38::integer),
      case
        when message.is_sent then $39::timestamptz
      end
    from
      (
        select
          $40::text,
          $41::text,
          lower("created"."email"),
          "created"."id"::integer,
          jsonb_build_object(
            'language',
            $42::text,
            'email',
            "created"."email",
            'username',
            "created"."username",
            'new_email',
            null::text,
            'at',
            extract(
              epoch
              from
                $43::timestamptz
            ),
            'client',
            jsonb_build_object('address', $44::text, 'user_agent', $45::text),
            'token',
            jsonb_build_object(
              'purpose',
              "verification"."purpose",
              'id',
              "verification"."id",
              'expires_at',
              floor(
                extract(
                  epoch
                  from
                    "verification"."expires_at"
                )
              )
            )
          ),
          "verification"."expires_at"::timestamptz,
          null::integer,
          $46::boolean,
          $47::boolean,
          $48::boolean
        from
          created,
          verification
        union all
        select
          $49::text,
          $50::text,
          lower("owner"."email"),
          "owner"."id"::integer,
          jsonb_build_object(
            'language',
            $51::text,
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
                $52::timestamptz
            ),
            'client',
            null::jsonb,
            'token',
            null::jsonb
          ),
          null::timestamptz,
          $53::integer::integer,
          $54::boolean,
          $55::boolean,
          $56::boolean
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
            and "recent"."created_at" > $57::timestamptz - make_interval(days => 1)
        ) < message.max_a_day
      )
    returning
      *
  ),
  "reported" as (
    update "lumascope"."rate_limits" r
    set
      "reported_at" = $58::timestamptz
    from
      refused
    where
      "r"."key" = refused.key
      and (
        "r"."reported_at" is null
        or "r"."reported_at" <= $59::timestamptz - make_interval(secs => refused.seconds)
      )
    returning
      refused.*
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
      $60::timestamptz,
      $61::text,
      "created"."id"::integer,
      null::integer,
      null::uuid,
      $62::text,
      $63::text,
      '{}'::jsonb
    from
      created
    union all
    select
      $64::timestamptz,
      $65::text,
      null::integer,
      null::integer,
      null::uuid,
      $66::text,
      $67::text,
      '{"limit":"register_address"}'::jsonb
    from
      reported
  )
select
  exists (
    select
    from
      allowed
  ) as "isAllowed",
  (
    select
      wait
    from
      refused
  ) as "secondsToWait",
  taken.email as "isEmailTaken",
  taken.username as "isUsernameTaken",
  "created"."password_version" as "passwordVersion",
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
  "created"."id" as "id",
  "created"."username" as "username",
  "created"."email" as "email",
  "created"."full_name" as "fullName",
  array(
    select
      "granted"."role_name"
    from
      granted
  ) as "roles",
  "created"."email_verified_at" as "emailVerifiedAt",
  "created"."user_metadata" as "userMetadata",
  "created"."app_metadata" as "appMetadata",
  "created"."created_at" as "createdAt",
  "created"."updated_at" as "updatedAt",
  array(
    select
      "given"."permission"
    from
      granted
      join "lumascope"."role_permissions" given on "given"."role_name" = "granted"."role_name"
    order by
      1
  ) as "permissions"
from
  taken
  left join created on true;

-- insertUser, with a session
with
  "one" as (
    select
      1
  ),
  "bucket_0" as (
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
  "allowed" as (
    select
    where
      exists (
        select
        from
          "bucket_0"
      )
  ),
  "refused" as (
    select
      $11::text as key,
      $12::integer as seconds,
      (
        select
          extract(
            epoch
            from
              "r"."theoretical_arrival_at" - make_interval(secs => $13) - $14::timestamptz
          )::double precision
        from
          "lumascope"."rate_limits" r
        where
          "r"."key" = $15
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
          "bucket_0"
      )
  ),
  "taken" as (
    select
      exists (
        select
        from
          "lumascope"."users" u
        where
          lower("u"."email") = lower($16)
      )
      or exists (
        select
        from
          "lumascope"."one_time_tokens" kept
        where
          lower("kept"."email") = lower($17)
          and "kept"."purpose" = 'email_undo'
          and "kept"."is_proven"
          and "kept"."consumed_at" is null
          and "kept"."expires_at" > $18::timestamptz
          and true
      ) as email,
      exists (
        select
        from
          "lumascope"."users" u
        where
          lower("u"."username") = lower($19)
      ) as username
  ),
  "created" as (
    insert into
      "lumascope"."users" (
        "username",
        "email",
        "full_name",
        "password_hash",
        "last_login_at",
        "created_at",
        "updated_at"
      )
    select
      $20,
      $21,
      $22,
      $23,
      $24::timestamptz,
      $25::timestamptz,
      $26::timestamptz
    from
      allowed,
      taken
    where
      not taken.email
      and not taken.username
    on conflict (lower("email")) do nothing
    returning
      *
  ),
  "granted" as (
    insert into
      "lumascope"."user_roles" ("user_id", "role_name")
    select
      "created"."id",
      $27
    from
      created
    returning
      "role_name"
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
      $28::uuid,
      "created"."id",
      "created"."auth_version",
      $29::timestamptz,
      $30::timestamptz,
      $31::timestamptz,
      $32::timestamptz,
      $33,
      $34
    from
      created
  ),
  "verification" as (
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
      "created"."id",
      "created"."email",
      "created"."password_version",
      "created"."email_verified_at" is not null,
      $36::timestamptz,
      $37::timestamptz
    from
      created
    returning
      *
  ),
  "owner" as (
    select
      u.*
    from
      "lumascope"."users" u,
      allowed,
      taken
    where
      $38::boolean
      and taken.email
      and not taken.username
      and lower("u"."email") = lower($39)
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
      $40::timestamptz,
      $41::timestamptz,
      message.expires_at,
      message.is_replaceable,
      least(
        message.expires_at,
        $42::timestamptz + make_interval(secs => $43::integer)
      ),
      $44,
      $45::timestamptz + make_interval(secs => $46::integer),
      case
        when message.is_sent then $47::timestamptz
      end
    from
      (
        select
          $48::text,
          $49::text,
          lower("created"."email"),
          "created"."id"::integer,
          jsonb_build_object(
            'language',
            $50::text,
            'email',
            "created"."email",
            'username',
            "created"."username",
            'new_email',
            null::text,
            'at',
            extract(
              epoch
              from
                $51::timestamptz
            ),
            'client',
            jsonb_build_object('address', $52::text, 'user_agent', $53::text),
            'token',
            jsonb_build_object(
              'purpose',
              "verification"."purpose",
              'id',
              "verification"."id",
              'expires_at',
              floor(
                extract(
                  epoch
                  from
                    "verification"."expires_at"
                )
              )
            )
          ),
          "verification"."expires_at"::timestamptz,
          null::integer,
          $54::boolean,
          $55::boolean,
          $56::boolean
        from
          created,
          verification
        union all
        select
          $57::text,
          $58::text,
          lower("owner"."email"),
          "owner"."id"::integer,
          jsonb_build_object(
            'language',
            $59::text,
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
                $60::timestamptz
            ),
            'client',
            null::jsonb,
            'token',
            null::jsonb
          ),
          null::timestamptz,
          $61::integer::integer,
          $62::boolean,
          $63::boolean,
          $64::boolean
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
            and "recent"."created_at" > $65::timestamptz - make_interval(days => 1)
        ) < message.max_a_day
      )
    returning
      *
  ),
  "reported" as (
    update "lumascope"."rate_limits" r
    set
      "reported_at" = $66::timestamptz
    from
      refused
    where
      "r"."key" = refused.key
      and (
        "r"."reported_at" is null
        or "r"."reported_at" <= $67::timestamptz - make_interval(secs => refused.seconds)
      )
    returning
      refused.*
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
      $68::timestamptz,
      $69::text,
      "created"."id"::integer,
      null::integer,
      null::uuid,
      $70::text,
      $71::text,
      '{}'::jsonb
    from
      created
    union all
    select
      $72::timestamptz,
      $73::text,
      "created"."id"::integer,
      "created"."id"::integer,
      $74::uuid,
      $75::text,
      $76::text,
      '{}'::jsonb
    from
      created
    union all
    select
      $77::timestamptz,
      $78::text,
      null::integer,
      null::integer,
      null::uuid,
      $79::text,
      $80::text,
      '{"limit":"register_address"}'::jsonb
    from
      reported
  )
select
  exists (
    select
    from
      allowed
  ) as "isAllowed",
  (
    select
      wait
    from
      refused
  ) as "secondsToWait",
  taken.email as "isEmailTaken",
  taken.username as "isUsernameTaken",
  "created"."password_version" as "passwordVersion",
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
  "created"."id" as "id",
  "created"."username" as "username",
  "created"."email" as "email",
  "created"."full_name" as "fullName",
  array(
    select
      "granted"."role_name"
    from
      granted
  ) as "roles",
  "created"."email_verified_at" as "emailVerifiedAt",
  "created"."user_metadata" as "userMetadata",
  "created"."app_metadata" as "appMetadata",
  "created"."created_at" as "createdAt",
  "created"."updated_at" as "updatedAt",
  array(
    select
      "given"."permission"
    from
      granted
      join "lumascope"."role_permissions" given on "given"."role_name" = "granted"."role_name"
    order by
      1
  ) as "permissions"
from
  taken
  left join created on true;
