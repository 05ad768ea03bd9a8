-- npm run statements wrote this from src/users/delete-account.

-- deleteOwnUser
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
  "last_admin" as (
    select
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
      and (
        "u"."disabled_at" is null
        and exists (
          select
          from
            "lumascope"."user_roles" held
          where
            "held"."user_id" = "u"."id"
            and "held"."role_name" = $10
        )
        and not exists (
          select
          from
            "lumascope"."user_roles" held
            join "lumascope"."users" others on "others"."id" = "held"."user_id"
          where
            "held"."role_name" = $11
            and "others"."id" <> "u"."id"
            and "others"."disabled_at" is null
        )
      )
  ),
  "deleted" as (
    delete from "lumascope"."users" u using caller
    where
      "u"."id" = caller.user_id
      and caller.auth_version = $12
      and (
        $13::boolean
        or greatest(
          0,
          "u"."consecutive_failures" - coalesce(
            floor(
              greatest(
                0,
                extract(
                  epoch
                  from
                    $14::timestamptz - "u"."last_failed_at"
                )
              ) / $15::integer
            ),
            0
          )::integer
        ) < $16
      )
      and not exists (
        select
        from
          last_admin
      )
    returning
      u.*
  ),
  "given_back" as (
    update "lumascope"."rate_limits" r
    set
      "theoretical_arrival_at" = "r"."theoretical_arrival_at" - make_interval(secs => $17),
      "attempts" = case
        when $18::boolean then 0
        else "r"."attempts"
      end
    where
      "r"."key" = $19
      and exists (
        select
        from
          deleted
        union all
        select
        from
          last_admin
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
          lower("deleted"."email"),
          "deleted"."id"::integer,
          jsonb_build_object(
            'language',
            $30::text,
            'email',
            "deleted"."email",
            'username',
            "deleted"."username",
            'new_email',
            null::text,
            'at',
            extract(
              epoch
              from
                $31::timestamptz
            ),
            'client',
            jsonb_build_object('address', $32::text, 'user_agent', $33::text),
            'token',
            null::jsonb
          ),
          null::timestamptz,
          case
            when "deleted"."email_verified_at" is null then $34::integer
            else $35::integer
          end::integer,
          $36::boolean,
          $37::boolean,
          $38::boolean
        from
          deleted
        union all
        select
          $39::text,
          $40::text,
          lower("kept"."email"),
          "deleted"."id"::integer,
          jsonb_build_object(
            'language',
            $41::text,
            'email',
            "kept"."email",
            'username',
            "deleted"."username",
            'new_email',
            null::text,
            'at',
            extract(
              epoch
              from
                $42::timestamptz
            ),
            'client',
            null::jsonb,
            'token',
            null::jsonb
          ),
          null::timestamptz,
          case
            when "deleted"."email_verified_at" is null then $43::integer
            else $44::integer
          end::integer,
          $45::boolean,
          $46::boolean,
          $47::boolean
        from
          deleted
          join "lumascope"."one_time_tokens" kept on "kept"."user_id" = "deleted"."id"
        where
          "kept"."purpose" = 'email_undo'
          and "kept"."consumed_at" is null
          and "kept"."expires_at" > $48::timestamptz
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
            and "recent"."created_at" > $49::timestamptz - make_interval(days => 1)
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
      $50::timestamptz,
      $51::text,
      caller.user_id::integer,
      caller.user_id::integer,
      caller.session_id::uuid,
      $52::text,
      $53::text,
      '{}'::jsonb
    from
      caller,
      deleted
    union all
    select
      $54::timestamptz,
      $55::text,
      caller.user_id::integer,
      caller.user_id::integer,
      caller.session_id::uuid,
      $56::text,
      $57::text,
      '{}'::jsonb
    from
      caller
    where
      not exists (
        select
        from
          deleted
        union all
        select
        from
          last_admin
      )
  )
select
  case
    when exists (
      select
      from
        deleted
    ) then 'done'
    when exists (
      select
      from
        last_admin
    ) then 'last_admin'
    else 'outdated'
  end as "outcome",
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
