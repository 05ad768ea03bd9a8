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
      "username" = "u"."username",
      "full_name" = "u"."full_name",
      "app_metadata" = "u"."app_metadata",
      "disabled_at" = case
        when $13::text = 'disabled' then coalesce("u"."disabled_at", $14::timestamptz)
        when $15::text = 'active' then null
        else "u"."disabled_at"
      end,
      "disabled_reason" = case
        when $16::text = 'active' then null
        when $17::boolean then $18
        else "u"."disabled_reason"
      end,
      "consecutive_failures" = case
        when $19::text = 'active' then 0
        else "u"."consecutive_failures"
      end,
      "auth_version" = "u"."auth_version" + case
        when $20::text = 'disabled'
        and "u"."disabled_at" is null then 1
        else 0
      end,
      "updated_at" = case
        when (
          "u"."username",
          "u"."full_name",
          "u"."app_metadata",
          case
            when $21::text = 'disabled' then coalesce("u"."disabled_at", $22::timestamptz)
            when $23::text = 'active' then null
            else "u"."disabled_at"
          end,
          case
            when $24::text = 'active' then null
            when $25::boolean then $26
            else "u"."disabled_reason"
          end
        ) is distinct from (
          "u"."username",
          "u"."full_name",
          "u"."app_metadata",
          "u"."disabled_at",
          "u"."disabled_reason"
        ) then $27::timestamptz
        else "u"."updated_at"
      end
    from
      decision
    where
      "u"."id" = $28
      and decision.outcome = 'done'
    returning
      u.*
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
      $29::timestamptz,
      $30::timestamptz,
      message.expires_at,
      message.is_replaceable,
      least(
        message.expires_at,
        $31::timestamptz + make_interval(secs => $32::integer)
      ),
      $33,
      $34::timestamptz + make_interval(secs => $35::integer),
      case
        when message.is_sent then $36::timestamptz
      end
    from
      (
        select
          $37::text,
          $38::text,
          lower("changed"."email"),
          "changed"."id"::integer,
          jsonb_build_object(
            'language',
            $39::text,
            'email',
            "changed"."email",
            'username',
            "changed"."username",
            'new_email',
            null::text,
            'at',
            extract(
              epoch
              from
                $40::timestamptz
            ),
            'client',
            null::jsonb,
            'token',
            null::jsonb
          ),
          null::timestamptz,
          case
            when "changed"."email_verified_at" is null then $41::integer
            else $42::integer
          end::integer,
          $43::boolean,
          $44::boolean,
          $45::boolean
        from
          subject,
          changed
        where
          "subject"."disabled_at" is null
          and "changed"."disabled_at" is not null
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
            and "recent"."created_at" > $46::timestamptz - make_interval(days => 1)
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
      $47::timestamptz,
      $48::text,
      "subject"."id"::integer,
      actor.user_id::integer,
      actor.session_id::uuid,
      $49::text,
      $50::text,
      jsonb_build_object('members', $51::jsonb)::jsonb
    from
      actor,
      subject,
      changed
    where
      (
        "subject"."username",
        "subject"."full_name",
        "subject"."app_metadata"
      ) is distinct from (
        "changed"."username",
        "changed"."full_name",
        "changed"."app_metadata"
      )
    union all
    select
      $52::timestamptz,
      $53::text,
      "subject"."id"::integer,
      actor.user_id::integer,
      actor.session_id::uuid,
      $54::text,
      $55::text,
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
      $56::timestamptz,
      $57::text,
      "subject"."id"::integer,
      actor.user_id::integer,
      actor.session_id::uuid,
      $58::text,
      $59::text,
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
      $60::timestamptz,
      $61::text,
      "subject"."id"::integer,
      actor.user_id::integer,
      actor.session_id::uuid,
      $62::text,
      $63::text,
      '{}'::jsonb
    from
      actor,
      subject,
      changed
    where
      $64::text = 'active'
      and "subject"."consecutive_failures" > 0
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
  "changed"."user_metadata" as "userMetadata",
  "changed"."app_metadata" as "appMetadata",
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

-- updateUser, of metadata
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
  "wanted" as (
    select
      (
        select
          coalesce(
            jsonb_object_agg(
              coalesce("d1".key, "p1".key),
              case
                when "p1".key is null then "d1".value
                when jsonb_typeof("p1".value) = 'object' then (
                  select
                    coalesce(
                      jsonb_object_agg(
                        coalesce("d2".key, "p2".key),
                        case
                          when "p2".key is null then "d2".value
                          when jsonb_typeof("p2".value) = 'object' then (
                            select
                              coalesce(
                                jsonb_object_agg(
                                  coalesce("d3".key, "p3".key),
                                  case
                                    when "p3".key is null then "d3".value
                                    when jsonb_typeof("p3".value) = 'object' then (
                                      select
                                        coalesce(
                                          jsonb_object_agg(
                                            coalesce("d4".key, "p4".key),
                                            case
                                              when "p4".key is null then "d4".value
                                              when jsonb_typeof("p4".value) = 'object' then (
                                                select
                                                  coalesce(
                                                    jsonb_object_agg(
                                                      coalesce("d5".key, "p5".key),
                                                      case
                                                        when "p5".key is null then "d5".value
                                                        when jsonb_typeof("p5".value) = 'object' then (
                                                          select
                                                            coalesce(
                                                              jsonb_object_agg(
                                                                coalesce("d6".key, "p6".key),
                                                                case
                                                                  when "p6".key is null then "d6".value
                                                                  when jsonb_typeof("p6".value) = 'object' then (
                                                                    select
                                                                      coalesce(
                                                                        jsonb_object_agg(
                                                                          coalesce("d7".key, "p7".key),
                                                                          case
                                                                            when "p7".key is null then "d7".value
                                                                            when jsonb_typeof("p7".value) = 'object' then (
                                                                              select
                                                                                coalesce(
                                                                                  jsonb_object_agg(
                                                                                    coalesce("d8".key, "p8".key),
                                                                                    case
                                                                                      when "p8".key is null then "d8".value
                                                                                      else "p8".value
                                                                                    end
                                                                                  ),
                                                                                  '{}'
                                                                                )
                                                                              from
                                                                                (
                                                                                  select
                                                                                    *
                                                                                  from
                                                                                    jsonb_each(
                                                                                      case
                                                                                        when jsonb_typeof("d7".value) = 'object' then "d7".value
                                                                                      end
                                                                                    )
                                                                                  where
                                                                                    key = key || ''
                                                                                ) "d8"
                                                                                full join (
                                                                                  select
                                                                                    *
                                                                                  from
                                                                                    jsonb_each("p7".value)
                                                                                  where
                                                                                    key = key || ''
                                                                                ) "p8" on "p8".key = "d8".key
                                                                              where
                                                                                "p8".value is distinct from 'null'
                                                                            )
                                                                            else "p7".value
                                                                          end
                                                                        ),
                                                                        '{}'
                                                                      )
                                                                    from
                                                                      (
                                                                        select
                                                                          *
                                                                        from
                                                                          jsonb_each(
                                                                            case
                                                                              when jsonb_typeof("d6".value) = 'object' then "d6".value
                                                                            end
                                                                          )
                                                                        where
                                                                          key = key || ''
                                                                      ) "d7"
                                                                      full join (
                                                                        select
                                                                          *
                                                                        from
                                                                          jsonb_each("p6".value)
                                                                        where
                                                                          key = key || ''
                                                                      ) "p7" on "p7".key = "d7".key
                                                                    where
                                                                      "p7".value is distinct from 'null'
                                                                  )
                                                                  else "p6".value
                                                                end
                                                              ),
                                                              '{}'
                                                            )
                                                          from
                                                            (
                                                              select
                                                                *
                                                              from
                                                                jsonb_each(
                                                                  case
                                                                    when jsonb_typeof("d5".value) = 'object' then "d5".value
                                                                  end
                                                                )
                                                              where
                                                                key = key || ''
                                                            ) "d6"
                                                            full join (
                                                              select
                                                                *
                                                              from
                                                                jsonb_each("p5".value)
                                                              where
                                                                key = key || ''
                                                            ) "p6" on "p6".key = "d6".key
                                                          where
                                                            "p6".value is distinct from 'null'
                                                        )
                                                        else "p5".value
                                                      end
                                                    ),
                                                    '{}'
                                                  )
                                                from
                                                  (
                                                    select
                                                      *
                                                    from
                                                      jsonb_each(
                                                        case
                                                          when jsonb_typeof("d4".value) = 'object' then "d4".value
                                                        end
                                                      )
                                                    where
                                                      key = key || ''
                                                  ) "d5"
                                                  full join (
                                                    select
                                                      *
                                                    from
                                                      jsonb_each("p4".value)
                                                    where
                                                      key = key || ''
                                                  ) "p5" on "p5".key = "d5".key
                                                where
                                                  "p5".value is distinct from 'null'
                                              )
                                              else "p4".value
                                            end
                                          ),
                                          '{}'
                                        )
                                      from
                                        (
                                          select
                                            *
                                          from
                                            jsonb_each(
                                              case
                                                when jsonb_typeof("d3".value) = 'object' then "d3".value
                                              end
                                            )
                                          where
                                            key = key || ''
                                        ) "d4"
                                        full join (
                                          select
                                            *
                                          from
                                            jsonb_each("p3".value)
                                          where
                                            key = key || ''
                                        ) "p4" on "p4".key = "d4".key
                                      where
                                        "p4".value is distinct from 'null'
                                    )
                                    else "p3".value
                                  end
                                ),
                                '{}'
                              )
                            from
                              (
                                select
                                  *
                                from
                                  jsonb_each(
                                    case
                                      when jsonb_typeof("d2".value) = 'object' then "d2".value
                                    end
                                  )
                                where
                                  key = key || ''
                              ) "d3"
                              full join (
                                select
                                  *
                                from
                                  jsonb_each("p2".value)
                                where
                                  key = key || ''
                              ) "p3" on "p3".key = "d3".key
                            where
                              "p3".value is distinct from 'null'
                          )
                          else "p2".value
                        end
                      ),
                      '{}'
                    )
                  from
                    (
                      select
                        *
                      from
                        jsonb_each(
                          case
                            when jsonb_typeof("d1".value) = 'object' then "d1".value
                          end
                        )
                      where
                        key = key || ''
                    ) "d2"
                    full join (
                      select
                        *
                      from
                        jsonb_each("p1".value)
                      where
                        key = key || ''
                    ) "p2" on "p2".key = "d2".key
                  where
                    "p2".value is distinct from 'null'
                )
                else "p1".value
              end
            ),
            '{}'
          )
        from
          (
            select
              *
            from
              jsonb_each(
                case
                  when jsonb_typeof("subject"."app_metadata") = 'object' then "subject"."app_metadata"
                end
              )
            where
              key = key || ''
          ) "d1"
          full join (
            select
              *
            from
              jsonb_each($6::jsonb)
            where
              key = key || ''
          ) "p1" on "p1".key = "d1".key
        where
          "p1".value is distinct from 'null'
      ) as "app_metadata"
    from
      subject
  ),
  "decision" as (
    select
      case
        when not $7::text = any (actor.permissions) then 'forbidden'
        when "subject"."id" is null then 'not_found'
        when not subject.permissions <@ actor.permissions then 'outranked'
        when $8::text = 'disabled'
        and (
          "subject"."disabled_at" is null
          and exists (
            select
            from
              "lumascope"."user_roles" held
            where
              "held"."user_id" = "subject"."id"
              and "held"."role_name" = $9
          )
          and not exists (
            select
            from
              "lumascope"."user_roles" held
              join "lumascope"."users" others on "others"."id" = "held"."user_id"
            where
              "held"."role_name" = $10
              and "others"."id" <> "subject"."id"
              and "others"."disabled_at" is null
          )
        ) then 'last_admin'
        when $11::boolean
        and not $12::text = 'disabled'
        and (
          $13::text = 'active'
          or "subject"."disabled_at" is null
        ) then 'not_disabled'
        when (
          select
            (
              (
                select
                  octet_length(json) - length(outside) + length(replace(outside, ' ', ''))
                from
                  (
                    select
                      "wanted"."app_metadata"::text as json
                  ) as written,
                  lateral regexp_replace(json, '"(?:[^"\\]|\\.)*"', '', 'g') as outside
              ) > $14::integer
              and octet_length("wanted"."app_metadata"::text) > octet_length("subject"."app_metadata"::text)
            )
          from
            wanted
        ) then 'too_large'
        else 'done'
      end as outcome
    from
      actor
      left join subject on true
  ),
  "changed" as (
    update "lumascope"."users" u
    set
      "username" = "u"."username",
      "full_name" = "u"."full_name",
      "app_metadata" = (
        select
          "wanted"."app_metadata"
        from
          wanted
      ),
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
          "u"."username",
          "u"."full_name",
          (
            select
              "wanted"."app_metadata"
            from
              wanted
          ),
          case
            when $23::text = 'disabled' then coalesce("u"."disabled_at", $24::timestamptz)
            when $25::text = 'active' then null
            else "u"."disabled_at"
          end,
          case
            when $26::text = 'active' then null
            when $27::boolean then $28
            else "u"."disabled_reason"
          end
        ) is distinct from (
          "u"."username",
          "u"."full_name",
          "u"."app_metadata",
          "u"."disabled_at",
          "u"."disabled_reason"
        ) then $29::timestamptz
        else "u"."updated_at"
      end
    from
      decision
    where
      "u"."id" = $30
      and decision.outcome = 'done'
    returning
      u.*
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
      $31::timestamptz,
      $32::timestamptz,
      message.expires_at,
      message.is_replaceable,
      least(
        message.expires_at,
        $33::timestamptz + make_interval(secs => $34::integer)
      ),
      $35,
      $36::timestamptz + make_interval(secs => $37::integer),
      case
        when message.is_sent then $38::timestamptz
      end
    from
      (
        select
          $39::text,
          $40::text,
          lower("changed"."email"),
          "changed"."id"::integer,
          jsonb_build_object(
            'language',
            $41::text,
            'email',
            "changed"."email",
            'username',
            "changed"."username",
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
            when "changed"."email_verified_at" is null then $43::integer
            else $44::integer
          end::integer,
          $45::boolean,
          $46::boolean,
          $47::boolean
        from
          subject,
          changed
        where
          "subject"."disabled_at" is null
          and "changed"."disabled_at" is not null
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
            and "recent"."created_at" > $48::timestamptz - make_interval(days => 1)
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
      $49::timestamptz,
      $50::text,
      "subject"."id"::integer,
      actor.user_id::integer,
      actor.session_id::uuid,
      $51::text,
      $52::text,
      jsonb_build_object('members', $53::jsonb)::jsonb
    from
      actor,
      subject,
      changed
    where
      (
        "subject"."username",
        "subject"."full_name",
        "subject"."app_metadata"
      ) is distinct from (
        "changed"."username",
        "changed"."full_name",
        "changed"."app_metadata"
      )
    union all
    select
      $54::timestamptz,
      $55::text,
      "subject"."id"::integer,
      actor.user_id::integer,
      actor.session_id::uuid,
      $56::text,
      $57::text,
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
      $58::timestamptz,
      $59::text,
      "subject"."id"::integer,
      actor.user_id::integer,
      actor.session_id::uuid,
      $60::text,
      $61::text,
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
      $62::timestamptz,
      $63::text,
      "subject"."id"::integer,
      actor.user_id::integer,
      actor.session_id::uuid,
      $64::text,
      $65::text,
      '{}'::jsonb
    from
      actor,
      subject,
      changed
    where
      $66::text = 'active'
      and "subject"."consecutive_failures" > 0
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
  "changed"."user_metadata" as "userMetadata",
  "changed"."app_metadata" as "appMetadata",
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
