-- npm run statements wrote this from src/administration/create-user.

-- insertAccount
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
  "taken" as (
    select
      exists (
        select
        from
          "lumascope"."users" u
        where
          lower("u"."email") = lower($5)
      )
      or exists (
        select
        from
          "lumascope"."one_time_tokens" kept
        where
          lower("kept"."email") = lower($6)
          and "kept"."purpose" = 'email_undo'
          and "kept"."is_proven"
          and "kept"."consumed_at" is null
          and "kept"."expires_at" > $7::timestamptz
          and true
      ) as email,
      exists (
        select
        from
          "lumascope"."users" u
        where
          lower("u"."username") = lower($8)
      ) as username
  ),
  "decision" as (
    select
      case
        when not $9::text = any (actor.permissions) then 'forbidden'
        when exists (
          select
          from
            "lumascope"."role_permissions" p
          where
            "p"."role_name" = $10
            and not "p"."permission" = any (actor.permissions)
        ) then 'exceeds'
        when taken.email then 'email'
        when taken.username then 'username'
        else 'done'
      end as outcome
    from
      actor,
      taken
  ),
  "created" as (
    insert into
      "lumascope"."users" (
        "username",
        "email",
        "full_name",
        "created_at",
        "updated_at"
      )
    select
      $11,
      $12,
      $13,
      $14::timestamptz,
      $15::timestamptz
    from
      decision
    where
      decision.outcome = 'done'
    on conflict (lower("email")) do nothing
    returning
      *
  ),
  "granted" as (
    insert into
      "lumascope"."user_roles" ("user_id", "role_name")
    select
      "created"."id",
      $16
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
      $17,
      "created"."id",
      "created"."email",
      "created"."password_version",
      "created"."email_verified_at" is not null,
      $18::timestamptz,
      $19::timestamptz
    from
      created
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
      $20::timestamptz,
      $21::timestamptz,
      message.expires_at,
      message.is_replaceable,
      least(
        message.expires_at,
        $22::timestamptz + make_interval(secs => $23::integer)
      ),
      $24,
      $25::timestamptz + make_interval(secs => $26::integer),
      case
        when message.is_sent then $27::timestamptz
      end
    from
      (
        select
          $28::text,
          $29::text,
          lower("created"."email"),
          "created"."id"::integer,
          jsonb_build_object(
            'language',
            $30::text,
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
                $31::timestamptz
            ),
            'client',
            null::jsonb,
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
          $32::boolean,
          $33::boolean,
          $34::boolean
        from
          created,
          verification
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
            and "recent"."created_at" > $35::timestamptz - make_interval(days => 1)
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
      $36::timestamptz,
      $37::text,
      "created"."id"::integer,
      actor.user_id::integer,
      actor.session_id::uuid,
      $38::text,
      $39::text,
      '{}'::jsonb
    from
      actor,
      created
  )
select
  decision.outcome as "outcome",
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
  decision
  left join created on true;
