-- npm run statements wrote this from src/users/change-profile.

-- updateProfile
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
  "asking" as (
    select
    from
      "lumascope"."users" u,
      caller
    where
      "u"."id" = caller.user_id
      and lower("u"."username") is distinct from lower($5)
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
      $6,
      $7::timestamptz + make_interval(secs => $8),
      $9,
      $10::timestamptz + make_interval(secs => $11)
    from
      asking
    on conflict ("key") do update
    set
      "theoretical_arrival_at" = greatest("r"."theoretical_arrival_at", $12::timestamptz) + make_interval(secs => $13),
      "attempts" = "r"."attempts" + 1,
      "expires_at" = excluded."expires_at"
    where
      "r"."theoretical_arrival_at" <= $14::timestamptz + make_interval(secs => $15)
    returning
      "r"."attempts"
  ),
  "refused" as (
    select
      $16::text as key,
      $17::integer as seconds,
      (
        select
          extract(
            epoch
            from
              "r"."theoretical_arrival_at" - make_interval(secs => $18) - $19::timestamptz
          )::double precision
        from
          "lumascope"."rate_limits" r
        where
          "r"."key" = $20
      ) as wait
    from
      (
        select
          count(*) as n
        from
          asking
      ) as asked
    where
      n > 0
      and not exists (
        select
        from
          "bucket_0"
      )
  ),
  "reported" as (
    update "lumascope"."rate_limits" r
    set
      "reported_at" = $21::timestamptz
    from
      refused
    where
      "r"."key" = refused.key
      and (
        "r"."reported_at" is null
        or "r"."reported_at" <= $22::timestamptz - make_interval(secs => refused.seconds)
      )
    returning
      refused.*
  ),
  "before" as (
    select
      u.*
    from
      "lumascope"."users" u
      join caller on "u"."id" = caller.user_id
    for no key update of
      u
  ),
  "wanted" as (
    select
      $23::text as "username",
      "before"."full_name" as "full_name",
      "before"."user_metadata" as "user_metadata"
    from
      before
  ),
  "decision" as (
    select
      case
        when exists (
          select
          from
            asking
        )
        and not exists (
          select
          from
            "bucket_0"
        ) then 'limited'
        when exists (
          select
          from
            "lumascope"."users" u,
            caller
          where
            lower("u"."username") = lower($24)
            and "u"."id" <> caller.user_id
        ) then 'username'
        when $25::boolean
        and (
          (
            select
              octet_length(json) - length(outside) + length(replace(outside, ' ', ''))
            from
              (
                select
                  "wanted"."user_metadata"::text as json
              ) as written,
              lateral regexp_replace(json, '"(?:[^"\\]|\\.)*"', '', 'g') as outside
          ) > $26::integer
          and octet_length("wanted"."user_metadata"::text) > octet_length("before"."user_metadata"::text)
        ) then 'too_large'
        else 'done'
      end as outcome
    from
      wanted,
      before
  ),
  "changed" as (
    update "lumascope"."users" u
    set
      "username" = "wanted"."username",
      "full_name" = "wanted"."full_name",
      "user_metadata" = "wanted"."user_metadata",
      "updated_at" = $27::timestamptz
    from
      before,
      wanted,
      decision
    where
      "u"."id" = "before"."id"
      and decision.outcome = 'done'
      and (
        "before"."username",
        "before"."full_name",
        "before"."user_metadata"
      ) is distinct from (
        "wanted"."username",
        "wanted"."full_name",
        "wanted"."user_metadata"
      )
    returning
      u.*
  ),
  "current" as (
    select
      *
    from
      changed
    union all
    select
      *
    from
      before
    where
      not exists (
        select
        from
          changed
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
      $28::timestamptz,
      $29::text,
      caller.user_id::integer,
      caller.user_id::integer,
      caller.session_id::uuid,
      $30::text,
      $31::text,
      jsonb_build_object('members', $32::jsonb)::jsonb
    from
      caller,
      changed
    union all
    select
      $33::timestamptz,
      $34::text,
      caller.user_id::integer,
      caller.user_id::integer,
      caller.session_id::uuid,
      $35::text,
      $36::text,
      jsonb_build_object('limit', $37::text)::jsonb
    from
      caller,
      reported
  )
select
  decision.outcome as "outcome",
  (
    select
      wait
    from
      refused
  ) as "secondsToWait",
  "current"."id" as "id",
  "current"."username" as "username",
  "current"."email" as "email",
  "current"."full_name" as "fullName",
  array(
    select
      "own"."role_name"
    from
      "lumascope"."user_roles" own
    where
      "own"."user_id" = "current"."id"
    order by
      1
  ) as "roles",
  "current"."email_verified_at" as "emailVerifiedAt",
  "current"."user_metadata" as "userMetadata",
  "current"."app_metadata" as "appMetadata",
  "current"."created_at" as "createdAt",
  "current"."updated_at" as "updatedAt"
from
  decision,
  current;

-- updateProfile, of metadata
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
  "before" as (
    select
      u.*
    from
      "lumascope"."users" u
      join caller on "u"."id" = caller.user_id
    for no key update of
      u
  ),
  "wanted" as (
    select
      "before"."username" as "username",
      "before"."full_name" as "full_name",
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
                  when jsonb_typeof("before"."user_metadata") = 'object' then "before"."user_metadata"
                end
              )
            where
              key = key || ''
          ) "d1"
          full join (
            select
              *
            from
              jsonb_each($5::jsonb)
            where
              key = key || ''
          ) "p1" on "p1".key = "d1".key
        where
          "p1".value is distinct from 'null'
      ) as "user_metadata"
    from
      before
  ),
  "decision" as (
    select
      case
        when $6::boolean
        and (
          (
            select
              octet_length(json) - length(outside) + length(replace(outside, ' ', ''))
            from
              (
                select
                  "wanted"."user_metadata"::text as json
              ) as written,
              lateral regexp_replace(json, '"(?:[^"\\]|\\.)*"', '', 'g') as outside
          ) > $7::integer
          and octet_length("wanted"."user_metadata"::text) > octet_length("before"."user_metadata"::text)
        ) then 'too_large'
        else 'done'
      end as outcome
    from
      wanted,
      before
  ),
  "changed" as (
    update "lumascope"."users" u
    set
      "username" = "wanted"."username",
      "full_name" = "wanted"."full_name",
      "user_metadata" = "wanted"."user_metadata",
      "updated_at" = $8::timestamptz
    from
      before,
      wanted,
      decision
    where
      "u"."id" = "before"."id"
      and decision.outcome = 'done'
      and (
        "before"."username",
        "before"."full_name",
        "before"."user_metadata"
      ) is distinct from (
        "wanted"."username",
        "wanted"."full_name",
        "wanted"."user_metadata"
      )
    returning
      u.*
  ),
  "current" as (
    select
      *
    from
      changed
    union all
    select
      *
    from
      before
    where
      not exists (
        select
        from
          changed
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
      $9::timestamptz,
      $10::text,
      caller.user_id::integer,
      caller.user_id::integer,
      caller.session_id::uuid,
      $11::text,
      $12::text,
      jsonb_build_object('members', $13::jsonb)::jsonb
    from
      caller,
      changed
  )
select
  decision.outcome as "outcome",
  null::double precision as "secondsToWait",
  "current"."id" as "id",
  "current"."username" as "username",
  "current"."email" as "email",
  "current"."full_name" as "fullName",
  array(
    select
      "own"."role_name"
    from
      "lumascope"."user_roles" own
    where
      "own"."user_id" = "current"."id"
    order by
      1
  ) as "roles",
  "current"."email_verified_at" as "emailVerifiedAt",
  "current"."user_metadata" as "userMetadata",
  "current"."app_metadata" as "appMetadata",
  "current"."created_at" as "createdAt",
  "current"."updated_at" as "updatedAt"
from
  decision,
  current;
