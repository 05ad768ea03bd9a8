-- npm run statements wrote this from src/administration/delete-user.

-- deleteUserById
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
        when (
          "subject"."disabled_at" is null
          and exists (
            select
            from
              "lumascope"."user_roles" held
            where
              "held"."user_id" = "subject"."id"
              and "held"."role_name" = $7
          )
          and not exists (
            select
            from
              "lumascope"."user_roles" held
              join "lumascope"."users" others on "others"."id" = "held"."user_id"
            where
              "held"."role_name" = $8
              and "others"."id" <> "subject"."id"
              and "others"."disabled_at" is null
          )
        ) then 'last_admin'
        else 'done'
      end as outcome
    from
      actor
      left join subject on true
  ),
  "deleted" as (
    delete from "lumascope"."users" u using decision
    where
      "u"."id" = $9
      and decision.outcome = 'done'
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
      $10::timestamptz,
      $11::timestamptz,
      message.expires_at,
      message.is_replaceable,
      least(
        message.expires_at,
        $12::timestamptz + make_interval(secs => $13::integer)
      ),
      $14,
      $15::timestamptz + make_interval(secs => $16::integer),
      case
        when message.is_sent then $17::timestamptz
      end
    from
      (
        select
          $18::text,
          $19::text,
          lower("subject"."email"),
          "subject"."id"::integer,
          jsonb_build_object(
            'language',
            $20::text,
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
                $21::timestamptz
            ),
            'client',
            null::jsonb,
            'token',
            null::jsonb
          ),
          null::timestamptz,
          case
            when "subject"."email_verified_at" is null then $22::integer
            else $23::integer
          end::integer,
          $24::boolean,
          $25::boolean,
          $26::boolean
        from
          subject,
          decision
        where
          decision.outcome = 'done'
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
            and "recent"."created_at" > $27::timestamptz - make_interval(days => 1)
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
      $28::timestamptz,
      $29::text,
      "subject"."id"::integer,
      actor.user_id::integer,
      actor.session_id::uuid,
      $30::text,
      $31::text,
      '{}'::jsonb
    from
      actor,
      subject,
      decision
    where
      decision.outcome = 'done'
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
  ) as "deliveries"
from
  decision;
