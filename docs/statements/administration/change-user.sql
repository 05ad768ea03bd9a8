-- npm run statements wrote this from src/administration/change-user.

-- updateUser
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
        when $7::text = 'disabled'
        and (
          "subject"."disabled_at" is null
          and exists (
            select
            from
              "lumascope"."user_roles" held
            where
              "held"."user_id" = "subject"."id"
              and "held"."role_name" = $8
          )
          and not exists (
            select
            from
              "lumascope"."user_roles" held
              join "lumascope"."users" others on "others"."id" = "held"."user_id"
            where
              "held"."role_name" = $9
              and "others"."id" <> "subject"."id"
              and "others"."disabled_at" is null
          )
        ) then 'last_admin'
        when $10::boolean
        and not $11::text = 'disabled'
        and (
          $12::text = 'active'
          or "subject"."disabled_at" is null
        ) then 'not_disabled'
        else 'done'
      end as outcome
    from
      actor
      left join subject on true
  ),
  "changed" as (
    update "lumascope"."users" u
    set
      "username" = coalesce($13, "u"."username"),
      "full_name" = coalesce($14, "u"."full_name"),
      "disabled_at" = case
        when $15::text = 'disabled' then coalesce("u"."disabled_at", $16::timestamptz)
        when $17::text = 'active' then null
        else "u"."disabled_at"
      end,
      "disabled_reason" = case
        when $18::text = 'active' then null
        when $19::boolean then $20
        else "u"."disabled_reason"
      end,
      "consecutive_failures" = case
        when $21::text = 'active' then 0
        else "u"."consecutive_failures"
      end,
      "auth_version" = "u"."auth_version" + case
        when $22::text = 'disabled'
        and "u"."disabled_at" is null then 1
        else 0
      end,
      "updated_at" = case
        when (
          coalesce($23, "u"."username"),
          coalesce($24, "u"."full_name"),
          case
            when $25::text = 'disabled' then coalesce("u"."disabled_at", $26::timestamptz)
            when $27::text = 'active' then null
            else "u"."disabled_at"
          end,
          case
            when $28::text = 'active' then null
            when $29::boolean then $30
            else "u"."disabled_reason"
          end
        ) is distinct from (
          "u"."username",
          "u"."full_name",
          "u"."disabled_at",
          "u"."disabled_reason"
        ) then $31::timestamptz
        else "u"."updated_at"
      end
    from
      decision
    where
      "u"."id" = $32
      and decision.outcome = 'done'
    returning
      u.*
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
      $33::timestamptz,
      $34::text,
      "subject"."id"::integer,
      actor.user_id::integer,
      actor.session_id::uuid,
      $35::text,
      $36::text,
      jsonb_build_object('members', $37::jsonb)::jsonb
    from
      actor,
      subject,
      changed
    where
      ("subject"."username", "subject"."full_name") is distinct from ("changed"."username", "changed"."full_name")
    union all
    select
      $38::timestamptz,
      $39::text,
      "subject"."id"::integer,
      actor.user_id::integer,
      actor.session_id::uuid,
      $40::text,
      $41::text,
      '{}'::jsonb
    from
      actor,
      subject,
      changed
    where
      ("changed"."disabled_at" is not null)
      and (
        not ("subject"."disabled_at" is not null)
        or "subject"."disabled_reason" is distinct from "changed"."disabled_reason"
      )
    union all
    select
      $42::timestamptz,
      $43::text,
      "subject"."id"::integer,
      actor.user_id::integer,
      actor.session_id::uuid,
      $44::text,
      $45::text,
      '{}'::jsonb
    from
      actor,
      subject,
      changed
    where
      not ("changed"."disabled_at" is not null)
      and ("subject"."disabled_at" is not null)
    union all
    select
      $46::timestamptz,
      $47::text,
      "subject"."id"::integer,
      actor.user_id::integer,
      actor.session_id::uuid,
      $48::text,
      $49::text,
      '{}'::jsonb
    from
      actor,
      subject,
      changed
    where
      $50::text = 'active'
      and "subject"."consecutive_failures" > 0
  )
select
  decision.outcome as "outcome",
  "changed"."id" as "id",
  "changed"."username" as "username",
  "changed"."email" as "email",
  "changed"."full_name" as "fullName",
  array(
    select
      "own"."role_name"
    from
      "lumascope"."user_roles" own
    where
      "own"."user_id" = "changed"."id"
    order by
      1
  ) as "roles",
  "changed"."email_verified_at" as "emailVerifiedAt",
  "changed"."created_at" as "createdAt",
  "changed"."updated_at" as "updatedAt",
  (
    case
      when "changed"."disabled_at" is null then 'active'
      else 'disabled'
    end
  ) as "status",
  "changed"."last_login_at" as "lastLoginAt",
  "changed"."disabled_reason" as "disabledReason"
from
  decision
  left join changed on true;
