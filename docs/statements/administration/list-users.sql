-- npm run statements wrote this from src/administration/list-users.

-- selectUserPage
with
  "actor" as (
    select
      "u"."id" as user_id,
      $1::uuid as session_id,
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
      "u"."id" = $2
      and (
        select
          "s"."user_id" = "u"."id"
          and (
            "s"."revoked_at" is null
            and "s"."idle_expires_at" > $3::timestamptz
            and "s"."expires_at" > $4::timestamptz
            and "s"."auth_version" >= "u"."auth_version"
            and "u"."disabled_at" is null
          )
        from
          "lumascope"."sessions" s
        where
          "s"."id" = $5::uuid
      )
  ),
  "decision" as (
    select
      case
        when not $6::text = any (actor.permissions) then 'forbidden'
        else 'done'
      end as outcome
    from
      actor
  ),
  "reading" as (
    select
      actor.user_id,
      actor.session_id
    from
      actor,
      decision
    where
      decision.outcome = 'done'
      and actor.user_id is distinct from $7::integer
  ),
  "noted" as (
    insert into
      "lumascope"."rate_limits" as "r" (
        "key",
        "theoretical_arrival_at",
        "attempts",
        "expires_at"
      )
    select
      $8,
      $9::timestamptz + make_interval(secs => $10),
      $11,
      $12::timestamptz + make_interval(secs => $13)
    from
      reading
    where
      not exists (
        select
        from
          "lumascope"."rate_limits" earlier
        where
          "earlier"."key" = $14
          and "earlier"."theoretical_arrival_at" > $15::timestamptz
      )
    on conflict ("key") do update
    set
      "theoretical_arrival_at" = greatest("r"."theoretical_arrival_at", $16::timestamptz) + make_interval(secs => $17),
      "attempts" = "r"."attempts" + 1,
      "expires_at" = excluded."expires_at"
    where
      "r"."theoretical_arrival_at" <= $18::timestamptz + make_interval(secs => $19)
    returning
      "r"."attempts"
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
      $20::timestamptz,
      $21::text,
      $22::integer::integer,
      reading.user_id::integer,
      reading.session_id::uuid,
      $23::text,
      $24::text,
      jsonb_build_object('data', $25::text)::jsonb
    from
      reading,
      noted
  ),
  "page" as (
    select
      listed.id,
      null::text collate "C" as key,
      true as shown,
      false as is_end
    from
      (
        select
          "u"."id" as id
        from
          "lumascope"."users" u
        where
          "u"."id" > $26
        order by
          "u"."id"
        limit
          $27
      ) as listed
  )
select
  decision.outcome as "outcome",
  page.key as "key",
  page.shown as "isShown",
  page.is_end as "isEnd",
  "u"."id" as "id",
  "u"."username" as "username",
  "u"."email" as "email",
  "u"."full_name" as "fullName",
  array(
    select
      "own"."role_name"
    from
      "lumascope"."user_roles" own
    where
      "own"."user_id" = "u"."id"
    order by
      1
  ) as "roles",
  "u"."email_verified_at" as "emailVerifiedAt",
  "u"."user_metadata" as "userMetadata",
  "u"."app_metadata" as "appMetadata",
  "u"."created_at" as "createdAt",
  "u"."updated_at" as "updatedAt",
  (
    case
      when "u"."disabled_at" is null then 'active'
      else 'disabled'
    end
  ) as "status",
  "u"."last_login_at" as "lastLoginAt",
  "u"."disabled_reason" as "disabledReason"
from
  decision
  left join (
    page
    join "lumascope"."users" u on "u"."id" = page.id
  ) on decision.outcome = 'done'
order by
  page.key,
  page.id;

-- selectUserPage, by role and status
with
  "actor" as (
    select
      "u"."id" as user_id,
      $1::uuid as session_id,
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
      "u"."id" = $2
      and (
        select
          "s"."user_id" = "u"."id"
          and (
            "s"."revoked_at" is null
            and "s"."idle_expires_at" > $3::timestamptz
            and "s"."expires_at" > $4::timestamptz
            and "s"."auth_version" >= "u"."auth_version"
            and "u"."disabled_at" is null
          )
        from
          "lumascope"."sessions" s
        where
          "s"."id" = $5::uuid
      )
  ),
  "decision" as (
    select
      case
        when not $6::text = any (actor.permissions) then 'forbidden'
        else 'done'
      end as outcome
    from
      actor
  ),
  "reading" as (
    select
      actor.user_id,
      actor.session_id
    from
      actor,
      decision
    where
      decision.outcome = 'done'
      and actor.user_id is distinct from $7::integer
  ),
  "noted" as (
    insert into
      "lumascope"."rate_limits" as "r" (
        "key",
        "theoretical_arrival_at",
        "attempts",
        "expires_at"
      )
    select
      $8,
      $9::timestamptz + make_interval(secs => $10),
      $11,
      $12::timestamptz + make_interval(secs => $13)
    from
      reading
    where
      not exists (
        select
        from
          "lumascope"."rate_limits" earlier
        where
          "earlier"."key" = $14
          and "earlier"."theoretical_arrival_at" > $15::timestamptz
      )
    on conflict ("key") do update
    set
      "theoretical_arrival_at" = greatest("r"."theoretical_arrival_at", $16::timestamptz) + make_interval(secs => $17),
      "attempts" = "r"."attempts" + 1,
      "expires_at" = excluded."expires_at"
    where
      "r"."theoretical_arrival_at" <= $18::timestamptz + make_interval(secs => $19)
    returning
      "r"."attempts"
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
      $20::timestamptz,
      $21::text,
      $22::integer::integer,
      reading.user_id::integer,
      reading.session_id::uuid,
      $23::text,
      $24::text,
      jsonb_build_object('data', $25::text)::jsonb
    from
      reading,
      noted
  ),
  "page" as (
    select
      listed.id,
      null::text collate "C" as key,
      true as shown,
      false as is_end
    from
      (
        select
          "u"."id" as id
        from
          "lumascope"."users" u
          join "lumascope"."user_roles" r on "r"."user_id" = "u"."id"
        where
          "r"."role_name" = $26
          and "r"."user_id" >= (
            select
              greatest(holder.id, other.id)
            from
              (
                select
                  "r"."user_id" as id
                from
                  "lumascope"."user_roles" r
                where
                  "r"."role_name" between $27 and $28
                  and "r"."user_id" > $29
                order by
                  "r"."role_name",
                  "r"."user_id"
                limit
                  1
              ) as holder,
              (
                select
                  "u"."id" as id
                from
                  "lumascope"."users" u
                where
                  (
                    case
                      when "u"."disabled_at" is null then 'active'
                      else 'disabled'
                    end
                  ) between $30 and $31
                  and "u"."id" > $32
                order by
                  (
                    case
                      when "u"."disabled_at" is null then 'active'
                      else 'disabled'
                    end
                  ),
                  "u"."id"
                limit
                  1
              ) as other
          )
          and (
            case
              when "u"."disabled_at" is null then 'active'
              else 'disabled'
            end
          ) = $33
          and "u"."id" >= (
            select
              greatest(holder.id, other.id)
            from
              (
                select
                  "r"."user_id" as id
                from
                  "lumascope"."user_roles" r
                where
                  "r"."role_name" between $34 and $35
                  and "r"."user_id" > $36
                order by
                  "r"."role_name",
                  "r"."user_id"
                limit
                  1
              ) as holder,
              (
                select
                  "u"."id" as id
                from
                  "lumascope"."users" u
                where
                  (
                    case
                      when "u"."disabled_at" is null then 'active'
                      else 'disabled'
                    end
                  ) between $37 and $38
                  and "u"."id" > $39
                order by
                  (
                    case
                      when "u"."disabled_at" is null then 'active'
                      else 'disabled'
                    end
                  ),
                  "u"."id"
                limit
                  1
              ) as other
          )
        order by
          "u"."id"
        limit
          $40
      ) as listed
  )
select
  decision.outcome as "outcome",
  page.key as "key",
  page.shown as "isShown",
  page.is_end as "isEnd",
  "u"."id" as "id",
  "u"."username" as "username",
  "u"."email" as "email",
  "u"."full_name" as "fullName",
  array(
    select
      "own"."role_name"
    from
      "lumascope"."user_roles" own
    where
      "own"."user_id" = "u"."id"
    order by
      1
  ) as "roles",
  "u"."email_verified_at" as "emailVerifiedAt",
  "u"."user_metadata" as "userMetadata",
  "u"."app_metadata" as "appMetadata",
  "u"."created_at" as "createdAt",
  "u"."updated_at" as "updatedAt",
  (
    case
      when "u"."disabled_at" is null then 'active'
      else 'disabled'
    end
  ) as "status",
  "u"."last_login_at" as "lastLoginAt",
  "u"."disabled_reason" as "disabledReason"
from
  decision
  left join (
    page
    join "lumascope"."users" u on "u"."id" = page.id
  ) on decision.outcome = 'done'
order by
  page.key,
  page.id;

-- selectUserPage, a search
with
  "actor" as (
    select
      "u"."id" as user_id,
      $1::uuid as session_id,
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
      "u"."id" = $2
      and (
        select
          "s"."user_id" = "u"."id"
          and (
            "s"."revoked_at" is null
            and "s"."idle_expires_at" > $3::timestamptz
            and "s"."expires_at" > $4::timestamptz
            and "s"."auth_version" >= "u"."auth_version"
            and "u"."disabled_at" is null
          )
        from
          "lumascope"."sessions" s
        where
          "s"."id" = $5::uuid
      )
  ),
  "decision" as (
    select
      case
        when not $6::text = any (actor.permissions) then 'forbidden'
        else 'done'
      end as outcome
    from
      actor
  ),
  "reading" as (
    select
      actor.user_id,
      actor.session_id
    from
      actor,
      decision
    where
      decision.outcome = 'done'
      and actor.user_id is distinct from $7::integer
  ),
  "noted" as (
    insert into
      "lumascope"."rate_limits" as "r" (
        "key",
        "theoretical_arrival_at",
        "attempts",
        "expires_at"
      )
    select
      $8,
      $9::timestamptz + make_interval(secs => $10),
      $11,
      $12::timestamptz + make_interval(secs => $13)
    from
      reading
    where
      not exists (
        select
        from
          "lumascope"."rate_limits" earlier
        where
          "earlier"."key" = $14
          and "earlier"."theoretical_arrival_at" > $15::timestamptz
      )
    on conflict ("key") do update
    set
      "theoretical_arrival_at" = greatest("r"."theoretical_arrival_at", $16::timestamptz) + make_interval(secs => $17),
      "attempts" = "r"."attempts" + 1,
      "expires_at" = excluded."expires_at"
    where
      "r"."theoretical_arrival_at" <= $18::timestamptz + make_interval(secs => $19)
    returning
      "r"."attempts"
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
      $20::timestamptz,
      $21::text,
      $22::integer::integer,
      reading.user_id::integer,
      reading.session_id::uuid,
      $23::text,
      $24::text,
      jsonb_build_object('data', $25::text)::jsonb
    from
      reading,
      noted
  ),
  "page" as (
    select
      id,
      key,
      shown,
      entry_number = $26 as is_end
    from
      (
        select
          *,
          row_number() over (
            order by
              key,
              id,
              key_number
          ) as entry_number
        from
          (
            (
              select
                "u"."id" as id,
                (lower("u"."username") collate "C") as key,
                $27::integer as key_number,
                (lower("u"."username") collate "C") = least(
                  case
                    when (lower("u"."username") collate "C") >= lower($28::text)
                    and (lower("u"."username") collate "C") < lower($29::text) || chr(1114111) then (lower("u"."username") collate "C")
                  end,
                  case
                    when (lower("u"."full_name") collate "C") >= lower($30::text)
                    and (lower("u"."full_name") collate "C") < lower($31::text) || chr(1114111) then (lower("u"."full_name") collate "C")
                  end,
                  case
                    when (
                      lower(split_part("u"."full_name", ' ', -1)) collate "C"
                    ) >= lower($32::text)
                    and (
                      lower(split_part("u"."full_name", ' ', -1)) collate "C"
                    ) < lower($33::text) || chr(1114111) then (
                      lower(split_part("u"."full_name", ' ', -1)) collate "C"
                    )
                  end,
                  case
                    when (lower("u"."email") collate "C") >= lower($34::text)
                    and (lower("u"."email") collate "C") < lower($35::text) || chr(1114111) then (lower("u"."email") collate "C")
                  end,
                  case
                    when (
                      lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
                    ) >= lower($36::text)
                    and (
                      lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
                    ) < lower($37::text) || chr(1114111) then (
                      lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
                    )
                  end
                )
                and true as shown
              from
                "lumascope"."users" u
              where
                (lower("u"."username") collate "C") >= lower($38::text)
                and (lower("u"."username") collate "C") < lower($39::text) || chr(1114111)
              order by
                (lower("u"."username") collate "C"),
                "u"."id"
              limit
                $40::integer
            )
            union all
            (
              select
                "u"."id" as id,
                (lower("u"."full_name") collate "C") as key,
                $41::integer as key_number,
                (lower("u"."full_name") collate "C") = least(
                  case
                    when (lower("u"."username") collate "C") >= lower($42::text)
                    and (lower("u"."username") collate "C") < lower($43::text) || chr(1114111) then (lower("u"."username") collate "C")
                  end,
                  case
                    when (lower("u"."full_name") collate "C") >= lower($44::text)
                    and (lower("u"."full_name") collate "C") < lower($45::text) || chr(1114111) then (lower("u"."full_name") collate "C")
                  end,
                  case
                    when (
                      lower(split_part("u"."full_name", ' ', -1)) collate "C"
                    ) >= lower($46::text)
                    and (
                      lower(split_part("u"."full_name", ' ', -1)) collate "C"
                    ) < lower($47::text) || chr(1114111) then (
                      lower(split_part("u"."full_name", ' ', -1)) collate "C"
                    )
                  end,
                  case
                    when (lower("u"."email") collate "C") >= lower($48::text)
                    and (lower("u"."email") collate "C") < lower($49::text) || chr(1114111) then (lower("u"."email") collate "C")
                  end,
                  case
                    when (
                      lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
                    ) >= lower($50::text)
                    and (
                      lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
                    ) < lower($51::text) || chr(1114111) then (
                      lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
                    )
                  end
                )
                and (lower("u"."username") collate "C") is distinct from (lower("u"."full_name") collate "C")
                and true as shown
              from
                "lumascope"."users" u
              where
                (lower("u"."full_name") collate "C") >= lower($52::text)
                and (lower("u"."full_name") collate "C") < lower($53::text) || chr(1114111)
              order by
                (lower("u"."full_name") collate "C"),
                "u"."id"
              limit
                $54::integer
            )
            union all
            (
              select
                "u"."id" as id,
                (
                  lower(split_part("u"."full_name", ' ', -1)) collate "C"
                ) as key,
                $55::integer as key_number,
                (
                  lower(split_part("u"."full_name", ' ', -1)) collate "C"
                ) = least(
                  case
                    when (lower("u"."username") collate "C") >= lower($56::text)
                    and (lower("u"."username") collate "C") < lower($57::text) || chr(1114111) then (lower("u"."username") collate "C")
                  end,
                  case
                    when (lower("u"."full_name") collate "C") >= lower($58::text)
                    and (lower("u"."full_name") collate "C") < lower($59::text) || chr(1114111) then (lower("u"."full_name") collate "C")
                  end,
                  case
                    when (
                      lower(split_part("u"."full_name", ' ', -1)) collate "C"
                    ) >= lower($60::text)
                    and (
                      lower(split_part("u"."full_name", ' ', -1)) collate "C"
                    ) < lower($61::text) || chr(1114111) then (
                      lower(split_part("u"."full_name", ' ', -1)) collate "C"
                    )
                  end,
                  case
                    when (lower("u"."email") collate "C") >= lower($62::text)
                    and (lower("u"."email") collate "C") < lower($63::text) || chr(1114111) then (lower("u"."email") collate "C")
                  end,
                  case
                    when (
                      lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
                    ) >= lower($64::text)
                    and (
                      lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
                    ) < lower($65::text) || chr(1114111) then (
                      lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
                    )
                  end
                )
                and (lower("u"."username") collate "C") is distinct from (
                  lower(split_part("u"."full_name", ' ', -1)) collate "C"
                )
                and (lower("u"."full_name") collate "C") is distinct from (
                  lower(split_part("u"."full_name", ' ', -1)) collate "C"
                )
                and true as shown
              from
                "lumascope"."users" u
              where
                (
                  lower(split_part("u"."full_name", ' ', -1)) collate "C"
                ) >= lower($66::text)
                and (
                  lower(split_part("u"."full_name", ' ', -1)) collate "C"
                ) < lower($67::text) || chr(1114111)
              order by
                (
                  lower(split_part("u"."full_name", ' ', -1)) collate "C"
                ),
                "u"."id"
              limit
                $68::integer
            )
            union all
            (
              select
                "u"."id" as id,
                (lower("u"."email") collate "C") as key,
                $69::integer as key_number,
                (lower("u"."email") collate "C") = least(
                  case
                    when (lower("u"."username") collate "C") >= lower($70::text)
                    and (lower("u"."username") collate "C") < lower($71::text) || chr(1114111) then (lower("u"."username") collate "C")
                  end,
                  case
                    when (lower("u"."full_name") collate "C") >= lower($72::text)
                    and (lower("u"."full_name") collate "C") < lower($73::text) || chr(1114111) then (lower("u"."full_name") collate "C")
                  end,
                  case
                    when (
                      lower(split_part("u"."full_name", ' ', -1)) collate "C"
                    ) >= lower($74::text)
                    and (
                      lower(split_part("u"."full_name", ' ', -1)) collate "C"
                    ) < lower($75::text) || chr(1114111) then (
                      lower(split_part("u"."full_name", ' ', -1)) collate "C"
                    )
                  end,
                  case
                    when (lower("u"."email") collate "C") >= lower($76::text)
                    and (lower("u"."email") collate "C") < lower($77::text) || chr(1114111) then (lower("u"."email") collate "C")
                  end,
                  case
                    when (
                      lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
                    ) >= lower($78::text)
                    and (
                      lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
                    ) < lower($79::text) || chr(1114111) then (
                      lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
                    )
                  end
                )
                and (lower("u"."username") collate "C") is distinct from (lower("u"."email") collate "C")
                and (lower("u"."full_name") collate "C") is distinct from (lower("u"."email") collate "C")
                and (
                  lower(split_part("u"."full_name", ' ', -1)) collate "C"
                ) is distinct from (lower("u"."email") collate "C")
                and true as shown
              from
                "lumascope"."users" u
              where
                (lower("u"."email") collate "C") >= lower($80::text)
                and (lower("u"."email") collate "C") < lower($81::text) || chr(1114111)
              order by
                (lower("u"."email") collate "C"),
                "u"."id"
              limit
                $82::integer
            )
            union all
            (
              select
                "u"."id" as id,
                (
                  lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
                ) as key,
                $83::integer as key_number,
                (
                  lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
                ) = least(
                  case
                    when (lower("u"."username") collate "C") >= lower($84::text)
                    and (lower("u"."username") collate "C") < lower($85::text) || chr(1114111) then (lower("u"."username") collate "C")
                  end,
                  case
                    when (lower("u"."full_name") collate "C") >= lower($86::text)
                    and (lower("u"."full_name") collate "C") < lower($87::text) || chr(1114111) then (lower("u"."full_name") collate "C")
                  end,
                  case
                    when (
                      lower(split_part("u"."full_name", ' ', -1)) collate "C"
                    ) >= lower($88::text)
                    and (
                      lower(split_part("u"."full_name", ' ', -1)) collate "C"
                    ) < lower($89::text) || chr(1114111) then (
                      lower(split_part("u"."full_name", ' ', -1)) collate "C"
                    )
                  end,
                  case
                    when (lower("u"."email") collate "C") >= lower($90::text)
                    and (lower("u"."email") collate "C") < lower($91::text) || chr(1114111) then (lower("u"."email") collate "C")
                  end,
                  case
                    when (
                      lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
                    ) >= lower($92::text)
                    and (
                      lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
                    ) < lower($93::text) || chr(1114111) then (
                      lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
                    )
                  end
                )
                and (lower("u"."username") collate "C") is distinct from (
                  lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
                )
                and (lower("u"."full_name") collate "C") is distinct from (
                  lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
                )
                and (
                  lower(split_part("u"."full_name", ' ', -1)) collate "C"
                ) is distinct from (
                  lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
                )
                and (lower("u"."email") collate "C") is distinct from (
                  lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
                )
                and true as shown
              from
                "lumascope"."users" u
              where
                (
                  lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
                ) >= lower($94::text)
                and (
                  lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
                ) < lower($95::text) || chr(1114111)
              order by
                (
                  lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
                ),
                "u"."id"
              limit
                $96::integer
            )
          ) as entries
      ) as numbered
    where
      entry_number <= $97
      and (
        shown
        or entry_number = $98
      )
    order by
      key,
      id,
      key_number
    limit
      $99
  )
select
  decision.outcome as "outcome",
  page.key as "key",
  page.shown as "isShown",
  page.is_end as "isEnd",
  "u"."id" as "id",
  "u"."username" as "username",
  "u"."email" as "email",
  "u"."full_name" as "fullName",
  array(
    select
      "own"."role_name"
    from
      "lumascope"."user_roles" own
    where
      "own"."user_id" = "u"."id"
    order by
      1
  ) as "roles",
  "u"."email_verified_at" as "emailVerifiedAt",
  "u"."user_metadata" as "userMetadata",
  "u"."app_metadata" as "appMetadata",
  "u"."created_at" as "createdAt",
  "u"."updated_at" as "updatedAt",
  (
    case
      when "u"."disabled_at" is null then 'active'
      else 'disabled'
    end
  ) as "status",
  "u"."last_login_at" as "lastLoginAt",
  "u"."disabled_reason" as "disabledReason"
from
  decision
  left join (
    page
    join "lumascope"."users" u on "u"."id" = page.id
  ) on decision.outcome = 'done'
order by
  page.key,
  page.id;

-- selectUserPage, a search by role
with
  "actor" as (
    select
      "u"."id" as user_id,
      $1::uuid as session_id,
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
      "u"."id" = $2
      and (
        select
          "s"."user_id" = "u"."id"
          and (
            "s"."revoked_at" is null
            and "s"."idle_expires_at" > $3::timestamptz
            and "s"."expires_at" > $4::timestamptz
            and "s"."auth_version" >= "u"."auth_version"
            and "u"."disabled_at" is null
          )
        from
          "lumascope"."sessions" s
        where
          "s"."id" = $5::uuid
      )
  ),
  "decision" as (
    select
      case
        when not $6::text = any (actor.permissions) then 'forbidden'
        else 'done'
      end as outcome
    from
      actor
  ),
  "reading" as (
    select
      actor.user_id,
      actor.session_id
    from
      actor,
      decision
    where
      decision.outcome = 'done'
      and actor.user_id is distinct from $7::integer
  ),
  "noted" as (
    insert into
      "lumascope"."rate_limits" as "r" (
        "key",
        "theoretical_arrival_at",
        "attempts",
        "expires_at"
      )
    select
      $8,
      $9::timestamptz + make_interval(secs => $10),
      $11,
      $12::timestamptz + make_interval(secs => $13)
    from
      reading
    where
      not exists (
        select
        from
          "lumascope"."rate_limits" earlier
        where
          "earlier"."key" = $14
          and "earlier"."theoretical_arrival_at" > $15::timestamptz
      )
    on conflict ("key") do update
    set
      "theoretical_arrival_at" = greatest("r"."theoretical_arrival_at", $16::timestamptz) + make_interval(secs => $17),
      "attempts" = "r"."attempts" + 1,
      "expires_at" = excluded."expires_at"
    where
      "r"."theoretical_arrival_at" <= $18::timestamptz + make_interval(secs => $19)
    returning
      "r"."attempts"
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
      $20::timestamptz,
      $21::text,
      $22::integer::integer,
      reading.user_id::integer,
      reading.session_id::uuid,
      $23::text,
      $24::text,
      jsonb_build_object('data', $25::text)::jsonb
    from
      reading,
      noted
  ),
  "few" as materialized (
    select
      id
    from
      (
        select
          "r"."user_id" as id
        from
          "lumascope"."user_roles" r
        where
          "r"."role_name" between $26 and $27
          and "r"."user_id" > $28
        order by
          "r"."role_name",
          "r"."user_id"
        limit
          $29::integer
      ) as first_ones
  ),
  "are_few" as materialized (
    select
      count(*) <= $30 as yes
    from
      few
  ),
  "page" as (
    (
      select
        "u"."id" as id,
        least(
          case
            when (lower("u"."username") collate "C") >= lower($31::text)
            and (lower("u"."username") collate "C") < lower($32::text) || chr(1114111) then (lower("u"."username") collate "C")
          end,
          case
            when (lower("u"."full_name") collate "C") >= lower($33::text)
            and (lower("u"."full_name") collate "C") < lower($34::text) || chr(1114111) then (lower("u"."full_name") collate "C")
          end,
          case
            when (
              lower(split_part("u"."full_name", ' ', -1)) collate "C"
            ) >= lower($35::text)
            and (
              lower(split_part("u"."full_name", ' ', -1)) collate "C"
            ) < lower($36::text) || chr(1114111) then (
              lower(split_part("u"."full_name", ' ', -1)) collate "C"
            )
          end,
          case
            when (lower("u"."email") collate "C") >= lower($37::text)
            and (lower("u"."email") collate "C") < lower($38::text) || chr(1114111) then (lower("u"."email") collate "C")
          end,
          case
            when (
              lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
            ) >= lower($39::text)
            and (
              lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
            ) < lower($40::text) || chr(1114111) then (
              lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
            )
          end
        ) as key,
        true as shown,
        false as is_end
      from
        "lumascope"."users" u
      where
        "u"."id" = any (
          array(
            select
              id
            from
              few
          )
        )
        and least(
          case
            when (lower("u"."username") collate "C") >= lower($41::text)
            and (lower("u"."username") collate "C") < lower($42::text) || chr(1114111) then (lower("u"."username") collate "C")
          end,
          case
            when (lower("u"."full_name") collate "C") >= lower($43::text)
            and (lower("u"."full_name") collate "C") < lower($44::text) || chr(1114111) then (lower("u"."full_name") collate "C")
          end,
          case
            when (
              lower(split_part("u"."full_name", ' ', -1)) collate "C"
            ) >= lower($45::text)
            and (
              lower(split_part("u"."full_name", ' ', -1)) collate "C"
            ) < lower($46::text) || chr(1114111) then (
              lower(split_part("u"."full_name", ' ', -1)) collate "C"
            )
          end,
          case
            when (lower("u"."email") collate "C") >= lower($47::text)
            and (lower("u"."email") collate "C") < lower($48::text) || chr(1114111) then (lower("u"."email") collate "C")
          end,
          case
            when (
              lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
            ) >= lower($49::text)
            and (
              lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
            ) < lower($50::text) || chr(1114111) then (
              lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
            )
          end
        ) is not null
        and $51::text = any (
          array(
            select
              "r"."role_name"
            from
              "lumascope"."user_roles" r
            where
              "r"."user_id" = "u"."id"
          )
        )
        and (
          select
            yes
          from
            are_few
        )
      order by
        2,
        1
      limit
        $52
    )
    union all
    (
      select
        *
      from
        (
          select
            id,
            key,
            shown,
            entry_number = $53 as is_end
          from
            (
              select
                *,
                row_number() over (
                  order by
                    key,
                    id,
                    key_number
                ) as entry_number
              from
                (
                  (
                    select
                      "u"."id" as id,
                      (lower("u"."username") collate "C") as key,
                      $54::integer as key_number,
                      (lower("u"."username") collate "C") = least(
                        case
                          when (lower("u"."username") collate "C") >= lower($55::text)
                          and (lower("u"."username") collate "C") < lower($56::text) || chr(1114111) then (lower("u"."username") collate "C")
                        end,
                        case
                          when (lower("u"."full_name") collate "C") >= lower($57::text)
                          and (lower("u"."full_name") collate "C") < lower($58::text) || chr(1114111) then (lower("u"."full_name") collate "C")
                        end,
                        case
                          when (
                            lower(split_part("u"."full_name", ' ', -1)) collate "C"
                          ) >= lower($59::text)
                          and (
                            lower(split_part("u"."full_name", ' ', -1)) collate "C"
                          ) < lower($60::text) || chr(1114111) then (
                            lower(split_part("u"."full_name", ' ', -1)) collate "C"
                          )
                        end,
                        case
                          when (lower("u"."email") collate "C") >= lower($61::text)
                          and (lower("u"."email") collate "C") < lower($62::text) || chr(1114111) then (lower("u"."email") collate "C")
                        end,
                        case
                          when (
                            lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
                          ) >= lower($63::text)
                          and (
                            lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
                          ) < lower($64::text) || chr(1114111) then (
                            lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
                          )
                        end
                      )
                      and $65::text = any (
                        array(
                          select
                            "r"."role_name"
                          from
                            "lumascope"."user_roles" r
                          where
                            "r"."user_id" = "u"."id"
                        )
                      ) as shown
                    from
                      "lumascope"."users" u
                    where
                      (lower("u"."username") collate "C") >= lower($66::text)
                      and (lower("u"."username") collate "C") < lower($67::text) || chr(1114111)
                    order by
                      (lower("u"."username") collate "C"),
                      "u"."id"
                    limit
                      $68::integer
                  )
                  union all
                  (
                    select
                      "u"."id" as id,
                      (lower("u"."full_name") collate "C") as key,
                      $69::integer as key_number,
                      (lower("u"."full_name") collate "C") = least(
                        case
                          when (lower("u"."username") collate "C") >= lower($70::text)
                          and (lower("u"."username") collate "C") < lower($71::text) || chr(1114111) then (lower("u"."username") collate "C")
                        end,
                        case
                          when (lower("u"."full_name") collate "C") >= lower($72::text)
                          and (lower("u"."full_name") collate "C") < lower($73::text) || chr(1114111) then (lower("u"."full_name") collate "C")
                        end,
                        case
                          when (
                            lower(split_part("u"."full_name", ' ', -1)) collate "C"
                          ) >= lower($74::text)
                          and (
                            lower(split_part("u"."full_name", ' ', -1)) collate "C"
                          ) < lower($75::text) || chr(1114111) then (
                            lower(split_part("u"."full_name", ' ', -1)) collate "C"
                          )
                        end,
                        case
                          when (lower("u"."email") collate "C") >= lower($76::text)
                          and (lower("u"."email") collate "C") < lower($77::text) || chr(1114111) then (lower("u"."email") collate "C")
                        end,
                        case
                          when (
                            lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
                          ) >= lower($78::text)
                          and (
                            lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
                          ) < lower($79::text) || chr(1114111) then (
                            lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
                          )
                        end
                      )
                      and (lower("u"."username") collate "C") is distinct from (lower("u"."full_name") collate "C")
                      and $80::text = any (
                        array(
                          select
                            "r"."role_name"
                          from
                            "lumascope"."user_roles" r
                          where
                            "r"."user_id" = "u"."id"
                        )
                      ) as shown
                    from
                      "lumascope"."users" u
                    where
                      (lower("u"."full_name") collate "C") >= lower($81::text)
                      and (lower("u"."full_name") collate "C") < lower($82::text) || chr(1114111)
                    order by
                      (lower("u"."full_name") collate "C"),
                      "u"."id"
                    limit
                      $83::integer
                  )
                  union all
                  (
                    select
                      "u"."id" as id,
                      (
                        lower(split_part("u"."full_name", ' ', -1)) collate "C"
                      ) as key,
                      $84::integer as key_number,
                      (
                        lower(split_part("u"."full_name", ' ', -1)) collate "C"
                      ) = least(
                        case
                          when (lower("u"."username") collate "C") >= lower($85::text)
                          and (lower("u"."username") collate "C") < lower($86::text) || chr(1114111) then (lower("u"."username") collate "C")
                        end,
                        case
                          when (lower("u"."full_name") collate "C") >= lower($87::text)
                          and (lower("u"."full_name") collate "C") < lower($88::text) || chr(1114111) then (lower("u"."full_name") collate "C")
                        end,
                        case
                          when (
                            lower(split_part("u"."full_name", ' ', -1)) collate "C"
                          ) >= lower($89::text)
                          and (
                            lower(split_part("u"."full_name", ' ', -1)) collate "C"
                          ) < lower($90::text) || chr(1114111) then (
                            lower(split_part("u"."full_name", ' ', -1)) collate "C"
                          )
                        end,
                        case
                          when (lower("u"."email") collate "C") >= lower($91::text)
                          and (lower("u"."email") collate "C") < lower($92::text) || chr(1114111) then (lower("u"."email") collate "C")
                        end,
                        case
                          when (
                            lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
                          ) >= lower($93::text)
                          and (
                            lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
                          ) < lower($94::text) || chr(1114111) then (
                            lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
                          )
                        end
                      )
                      and (lower("u"."username") collate "C") is distinct from (
                        lower(split_part("u"."full_name", ' ', -1)) collate "C"
                      )
                      and (lower("u"."full_name") collate "C") is distinct from (
                        lower(split_part("u"."full_name", ' ', -1)) collate "C"
                      )
                      and $95::text = any (
                        array(
                          select
                            "r"."role_name"
                          from
                            "lumascope"."user_roles" r
                          where
                            "r"."user_id" = "u"."id"
                        )
                      ) as shown
                    from
                      "lumascope"."users" u
                    where
                      (
                        lower(split_part("u"."full_name", ' ', -1)) collate "C"
                      ) >= lower($96::text)
                      and (
                        lower(split_part("u"."full_name", ' ', -1)) collate "C"
                      ) < lower($97::text) || chr(1114111)
                    order by
                      (
                        lower(split_part("u"."full_name", ' ', -1)) collate "C"
                      ),
                      "u"."id"
                    limit
                      $98::integer
                  )
                  union all
                  (
                    select
                      "u"."id" as id,
                      (lower("u"."email") collate "C") as key,
                      $99::integer as key_number,
                      (lower("u"."email") collate "C") = least(
                        case
                          when (lower("u"."username") collate "C") >= lower($100::text)
                          and (lower("u"."username") collate "C") < lower($101::text) || chr(1114111) then (lower("u"."username") collate "C")
                        end,
                        case
                          when (lower("u"."full_name") collate "C") >= lower($102::text)
                          and (lower("u"."full_name") collate "C") < lower($103::text) || chr(1114111) then (lower("u"."full_name") collate "C")
                        end,
                        case
                          when (
                            lower(split_part("u"."full_name", ' ', -1)) collate "C"
                          ) >= lower($104::text)
                          and (
                            lower(split_part("u"."full_name", ' ', -1)) collate "C"
                          ) < lower($105::text) || chr(1114111) then (
                            lower(split_part("u"."full_name", ' ', -1)) collate "C"
                          )
                        end,
                        case
                          when (lower("u"."email") collate "C") >= lower($106::text)
                          and (lower("u"."email") collate "C") < lower($107::text) || chr(1114111) then (lower("u"."email") collate "C")
                        end,
                        case
                          when (
                            lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
                          ) >= lower($108::text)
                          and (
                            lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
                          ) < lower($109::text) || chr(1114111) then (
                            lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
                          )
                        end
                      )
                      and (lower("u"."username") collate "C") is distinct from (lower("u"."email") collate "C")
                      and (lower("u"."full_name") collate "C") is distinct from (lower("u"."email") collate "C")
                      and (
                        lower(split_part("u"."full_name", ' ', -1)) collate "C"
                      ) is distinct from (lower("u"."email") collate "C")
                      and $110::text = any (
                        array(
                          select
                            "r"."role_name"
                          from
                            "lumascope"."user_roles" r
                          where
                            "r"."user_id" = "u"."id"
                        )
                      ) as shown
                    from
                      "lumascope"."users" u
                    where
                      (lower("u"."email") collate "C") >= lower($111::text)
                      and (lower("u"."email") collate "C") < lower($112::text) || chr(1114111)
                    order by
                      (lower("u"."email") collate "C"),
                      "u"."id"
                    limit
                      $113::integer
                  )
                  union all
                  (
                    select
                      "u"."id" as id,
                      (
                        lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
                      ) as key,
                      $114::integer as key_number,
                      (
                        lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
                      ) = least(
                        case
                          when (lower("u"."username") collate "C") >= lower($115::text)
                          and (lower("u"."username") collate "C") < lower($116::text) || chr(1114111) then (lower("u"."username") collate "C")
                        end,
                        case
                          when (lower("u"."full_name") collate "C") >= lower($117::text)
                          and (lower("u"."full_name") collate "C") < lower($118::text) || chr(1114111) then (lower("u"."full_name") collate "C")
                        end,
                        case
                          when (
                            lower(split_part("u"."full_name", ' ', -1)) collate "C"
                          ) >= lower($119::text)
                          and (
                            lower(split_part("u"."full_name", ' ', -1)) collate "C"
                          ) < lower($120::text) || chr(1114111) then (
                            lower(split_part("u"."full_name", ' ', -1)) collate "C"
                          )
                        end,
                        case
                          when (lower("u"."email") collate "C") >= lower($121::text)
                          and (lower("u"."email") collate "C") < lower($122::text) || chr(1114111) then (lower("u"."email") collate "C")
                        end,
                        case
                          when (
                            lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
                          ) >= lower($123::text)
                          and (
                            lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
                          ) < lower($124::text) || chr(1114111) then (
                            lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
                          )
                        end
                      )
                      and (lower("u"."username") collate "C") is distinct from (
                        lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
                      )
                      and (lower("u"."full_name") collate "C") is distinct from (
                        lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
                      )
                      and (
                        lower(split_part("u"."full_name", ' ', -1)) collate "C"
                      ) is distinct from (
                        lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
                      )
                      and (lower("u"."email") collate "C") is distinct from (
                        lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
                      )
                      and $125::text = any (
                        array(
                          select
                            "r"."role_name"
                          from
                            "lumascope"."user_roles" r
                          where
                            "r"."user_id" = "u"."id"
                        )
                      ) as shown
                    from
                      "lumascope"."users" u
                    where
                      (
                        lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
                      ) >= lower($126::text)
                      and (
                        lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
                      ) < lower($127::text) || chr(1114111)
                    order by
                      (
                        lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
                      ),
                      "u"."id"
                    limit
                      $128::integer
                  )
                ) as entries
            ) as numbered
          where
            entry_number <= $129
            and (
              shown
              or entry_number = $130
            )
          order by
            key,
            id,
            key_number
          limit
            $131
        ) as found
      where
        not (
          select
            yes
          from
            are_few
        )
    )
  )
select
  decision.outcome as "outcome",
  page.key as "key",
  page.shown as "isShown",
  page.is_end as "isEnd",
  "u"."id" as "id",
  "u"."username" as "username",
  "u"."email" as "email",
  "u"."full_name" as "fullName",
  array(
    select
      "own"."role_name"
    from
      "lumascope"."user_roles" own
    where
      "own"."user_id" = "u"."id"
    order by
      1
  ) as "roles",
  "u"."email_verified_at" as "emailVerifiedAt",
  "u"."user_metadata" as "userMetadata",
  "u"."app_metadata" as "appMetadata",
  "u"."created_at" as "createdAt",
  "u"."updated_at" as "updatedAt",
  (
    case
      when "u"."disabled_at" is null then 'active'
      else 'disabled'
    end
  ) as "status",
  "u"."last_login_at" as "lastLoginAt",
  "u"."disabled_reason" as "disabledReason"
from
  decision
  left join (
    page
    join "lumascope"."users" u on "u"."id" = page.id
  ) on decision.outcome = 'done'
order by
  page.key,
  page.id;

-- selectUserPage, by metadata
with
  "actor" as (
    select
      "u"."id" as user_id,
      $1::uuid as session_id,
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
      "u"."id" = $2
      and (
        select
          "s"."user_id" = "u"."id"
          and (
            "s"."revoked_at" is null
            and "s"."idle_expires_at" > $3::timestamptz
            and "s"."expires_at" > $4::timestamptz
            and "s"."auth_version" >= "u"."auth_version"
            and "u"."disabled_at" is null
          )
        from
          "lumascope"."sessions" s
        where
          "s"."id" = $5::uuid
      )
  ),
  "decision" as (
    select
      case
        when not $6::text = any (actor.permissions) then 'forbidden'
        else 'done'
      end as outcome
    from
      actor
  ),
  "reading" as (
    select
      actor.user_id,
      actor.session_id
    from
      actor,
      decision
    where
      decision.outcome = 'done'
      and actor.user_id is distinct from $7::integer
  ),
  "noted" as (
    insert into
      "lumascope"."rate_limits" as "r" (
        "key",
        "theoretical_arrival_at",
        "attempts",
        "expires_at"
      )
    select
      $8,
      $9::timestamptz + make_interval(secs => $10),
      $11,
      $12::timestamptz + make_interval(secs => $13)
    from
      reading
    where
      not exists (
        select
        from
          "lumascope"."rate_limits" earlier
        where
          "earlier"."key" = $14
          and "earlier"."theoretical_arrival_at" > $15::timestamptz
      )
    on conflict ("key") do update
    set
      "theoretical_arrival_at" = greatest("r"."theoretical_arrival_at", $16::timestamptz) + make_interval(secs => $17),
      "attempts" = "r"."attempts" + 1,
      "expires_at" = excluded."expires_at"
    where
      "r"."theoretical_arrival_at" <= $18::timestamptz + make_interval(secs => $19)
    returning
      "r"."attempts"
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
      $20::timestamptz,
      $21::text,
      $22::integer::integer,
      reading.user_id::integer,
      reading.session_id::uuid,
      $23::text,
      $24::text,
      jsonb_build_object('data', $25::text)::jsonb
    from
      reading,
      noted
  ),
  "page" as (
    select
      listed.id,
      null::text collate "C" as key,
      true as shown,
      false as is_end
    from
      (
        select
          "u"."id" as id
        from
          "lumascope"."users" u
        where
          "u"."app_metadata" @> $26::jsonb
          and "u"."id" > $27
        order by
          "u"."id"
        limit
          $28
      ) as listed
  )
select
  decision.outcome as "outcome",
  page.key as "key",
  page.shown as "isShown",
  page.is_end as "isEnd",
  "u"."id" as "id",
  "u"."username" as "username",
  "u"."email" as "email",
  "u"."full_name" as "fullName",
  array(
    select
      "own"."role_name"
    from
      "lumascope"."user_roles" own
    where
      "own"."user_id" = "u"."id"
    order by
      1
  ) as "roles",
  "u"."email_verified_at" as "emailVerifiedAt",
  "u"."user_metadata" as "userMetadata",
  "u"."app_metadata" as "appMetadata",
  "u"."created_at" as "createdAt",
  "u"."updated_at" as "updatedAt",
  (
    case
      when "u"."disabled_at" is null then 'active'
      else 'disabled'
    end
  ) as "status",
  "u"."last_login_at" as "lastLoginAt",
  "u"."disabled_reason" as "disabledReason"
from
  decision
  left join (
    page
    join "lumascope"."users" u on "u"."id" = page.id
  ) on decision.outcome = 'done'
order by
  page.key,
  page.id;

-- selectUserPage, a search by metadata
with
  "actor" as (
    select
      "u"."id" as user_id,
      $1::uuid as session_id,
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
      "u"."id" = $2
      and (
        select
          "s"."user_id" = "u"."id"
          and (
            "s"."revoked_at" is null
            and "s"."idle_expires_at" > $3::timestamptz
            and "s"."expires_at" > $4::timestamptz
            and "s"."auth_version" >= "u"."auth_version"
            and "u"."disabled_at" is null
          )
        from
          "lumascope"."sessions" s
        where
          "s"."id" = $5::uuid
      )
  ),
  "decision" as (
    select
      case
        when not $6::text = any (actor.permissions) then 'forbidden'
        else 'done'
      end as outcome
    from
      actor
  ),
  "reading" as (
    select
      actor.user_id,
      actor.session_id
    from
      actor,
      decision
    where
      decision.outcome = 'done'
      and actor.user_id is distinct from $7::integer
  ),
  "noted" as (
    insert into
      "lumascope"."rate_limits" as "r" (
        "key",
        "theoretical_arrival_at",
        "attempts",
        "expires_at"
      )
    select
      $8,
      $9::timestamptz + make_interval(secs => $10),
      $11,
      $12::timestamptz + make_interval(secs => $13)
    from
      reading
    where
      not exists (
        select
        from
          "lumascope"."rate_limits" earlier
        where
          "earlier"."key" = $14
          and "earlier"."theoretical_arrival_at" > $15::timestamptz
      )
    on conflict ("key") do update
    set
      "theoretical_arrival_at" = greatest("r"."theoretical_arrival_at", $16::timestamptz) + make_interval(secs => $17),
      "attempts" = "r"."attempts" + 1,
      "expires_at" = excluded."expires_at"
    where
      "r"."theoretical_arrival_at" <= $18::timestamptz + make_interval(secs => $19)
    returning
      "r"."attempts"
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
      $20::timestamptz,
      $21::text,
      $22::integer::integer,
      reading.user_id::integer,
      reading.session_id::uuid,
      $23::text,
      $24::text,
      jsonb_build_object('data', $25::text)::jsonb
    from
      reading,
      noted
  ),
  "few" as materialized (
    select
      id
    from
      (
        select
          "u"."id" as id
        from
          "lumascope"."users" u
        where
          "u"."app_metadata" @> $26::jsonb
          and "u"."id" > $27
        order by
          "u"."id"
        limit
          $28::integer
      ) as first_ones
  ),
  "are_few" as materialized (
    select
      count(*) <= $29 as yes
    from
      few
  ),
  "page" as (
    (
      select
        "u"."id" as id,
        least(
          case
            when (lower("u"."username") collate "C") >= lower($30::text)
            and (lower("u"."username") collate "C") < lower($31::text) || chr(1114111) then (lower("u"."username") collate "C")
          end,
          case
            when (lower("u"."full_name") collate "C") >= lower($32::text)
            and (lower("u"."full_name") collate "C") < lower($33::text) || chr(1114111) then (lower("u"."full_name") collate "C")
          end,
          case
            when (
              lower(split_part("u"."full_name", ' ', -1)) collate "C"
            ) >= lower($34::text)
            and (
              lower(split_part("u"."full_name", ' ', -1)) collate "C"
            ) < lower($35::text) || chr(1114111) then (
              lower(split_part("u"."full_name", ' ', -1)) collate "C"
            )
          end,
          case
            when (lower("u"."email") collate "C") >= lower($36::text)
            and (lower("u"."email") collate "C") < lower($37::text) || chr(1114111) then (lower("u"."email") collate "C")
          end,
          case
            when (
              lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
            ) >= lower($38::text)
            and (
              lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
            ) < lower($39::text) || chr(1114111) then (
              lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
            )
          end
        ) as key,
        true as shown,
        false as is_end
      from
        "lumascope"."users" u
      where
        "u"."id" = any (
          array(
            select
              id
            from
              few
          )
        )
        and least(
          case
            when (lower("u"."username") collate "C") >= lower($40::text)
            and (lower("u"."username") collate "C") < lower($41::text) || chr(1114111) then (lower("u"."username") collate "C")
          end,
          case
            when (lower("u"."full_name") collate "C") >= lower($42::text)
            and (lower("u"."full_name") collate "C") < lower($43::text) || chr(1114111) then (lower("u"."full_name") collate "C")
          end,
          case
            when (
              lower(split_part("u"."full_name", ' ', -1)) collate "C"
            ) >= lower($44::text)
            and (
              lower(split_part("u"."full_name", ' ', -1)) collate "C"
            ) < lower($45::text) || chr(1114111) then (
              lower(split_part("u"."full_name", ' ', -1)) collate "C"
            )
          end,
          case
            when (lower("u"."email") collate "C") >= lower($46::text)
            and (lower("u"."email") collate "C") < lower($47::text) || chr(1114111) then (lower("u"."email") collate "C")
          end,
          case
            when (
              lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
            ) >= lower($48::text)
            and (
              lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
            ) < lower($49::text) || chr(1114111) then (
              lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
            )
          end
        ) is not null
        and "u"."app_metadata" @> $50::jsonb
        and (
          select
            yes
          from
            are_few
        )
      order by
        2,
        1
      limit
        $51
    )
    union all
    (
      select
        *
      from
        (
          select
            id,
            key,
            shown,
            entry_number = $52 as is_end
          from
            (
              select
                *,
                row_number() over (
                  order by
                    key,
                    id,
                    key_number
                ) as entry_number
              from
                (
                  (
                    select
                      "u"."id" as id,
                      (lower("u"."username") collate "C") as key,
                      $53::integer as key_number,
                      (lower("u"."username") collate "C") = least(
                        case
                          when (lower("u"."username") collate "C") >= lower($54::text)
                          and (lower("u"."username") collate "C") < lower($55::text) || chr(1114111) then (lower("u"."username") collate "C")
                        end,
                        case
                          when (lower("u"."full_name") collate "C") >= lower($56::text)
                          and (lower("u"."full_name") collate "C") < lower($57::text) || chr(1114111) then (lower("u"."full_name") collate "C")
                        end,
                        case
                          when (
                            lower(split_part("u"."full_name", ' ', -1)) collate "C"
                          ) >= lower($58::text)
                          and (
                            lower(split_part("u"."full_name", ' ', -1)) collate "C"
                          ) < lower($59::text) || chr(1114111) then (
                            lower(split_part("u"."full_name", ' ', -1)) collate "C"
                          )
                        end,
                        case
                          when (lower("u"."email") collate "C") >= lower($60::text)
                          and (lower("u"."email") collate "C") < lower($61::text) || chr(1114111) then (lower("u"."email") collate "C")
                        end,
                        case
                          when (
                            lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
                          ) >= lower($62::text)
                          and (
                            lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
                          ) < lower($63::text) || chr(1114111) then (
                            lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
                          )
                        end
                      )
                      and "u"."app_metadata" @> $64::jsonb as shown
                    from
                      "lumascope"."users" u
                    where
                      (lower("u"."username") collate "C") >= lower($65::text)
                      and (lower("u"."username") collate "C") < lower($66::text) || chr(1114111)
                    order by
                      (lower("u"."username") collate "C"),
                      "u"."id"
                    limit
                      $67::integer
                  )
                  union all
                  (
                    select
                      "u"."id" as id,
                      (lower("u"."full_name") collate "C") as key,
                      $68::integer as key_number,
                      (lower("u"."full_name") collate "C") = least(
                        case
                          when (lower("u"."username") collate "C") >= lower($69::text)
                          and (lower("u"."username") collate "C") < lower($70::text) || chr(1114111) then (lower("u"."username") collate "C")
                        end,
                        case
                          when (lower("u"."full_name") collate "C") >= lower($71::text)
                          and (lower("u"."full_name") collate "C") < lower($72::text) || chr(1114111) then (lower("u"."full_name") collate "C")
                        end,
                        case
                          when (
                            lower(split_part("u"."full_name", ' ', -1)) collate "C"
                          ) >= lower($73::text)
                          and (
                            lower(split_part("u"."full_name", ' ', -1)) collate "C"
                          ) < lower($74::text) || chr(1114111) then (
                            lower(split_part("u"."full_name", ' ', -1)) collate "C"
                          )
                        end,
                        case
                          when (lower("u"."email") collate "C") >= lower($75::text)
                          and (lower("u"."email") collate "C") < lower($76::text) || chr(1114111) then (lower("u"."email") collate "C")
                        end,
                        case
                          when (
                            lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
                          ) >= lower($77::text)
                          and (
                            lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
                          ) < lower($78::text) || chr(1114111) then (
                            lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
                          )
                        end
                      )
                      and (lower("u"."username") collate "C") is distinct from (lower("u"."full_name") collate "C")
                      and "u"."app_metadata" @> $79::jsonb as shown
                    from
                      "lumascope"."users" u
                    where
                      (lower("u"."full_name") collate "C") >= lower($80::text)
                      and (lower("u"."full_name") collate "C") < lower($81::text) || chr(1114111)
                    order by
                      (lower("u"."full_name") collate "C"),
                      "u"."id"
                    limit
                      $82::integer
                  )
                  union all
                  (
                    select
                      "u"."id" as id,
                      (
                        lower(split_part("u"."full_name", ' ', -1)) collate "C"
                      ) as key,
                      $83::integer as key_number,
                      (
                        lower(split_part("u"."full_name", ' ', -1)) collate "C"
                      ) = least(
                        case
                          when (lower("u"."username") collate "C") >= lower($84::text)
                          and (lower("u"."username") collate "C") < lower($85::text) || chr(1114111) then (lower("u"."username") collate "C")
                        end,
                        case
                          when (lower("u"."full_name") collate "C") >= lower($86::text)
                          and (lower("u"."full_name") collate "C") < lower($87::text) || chr(1114111) then (lower("u"."full_name") collate "C")
                        end,
                        case
                          when (
                            lower(split_part("u"."full_name", ' ', -1)) collate "C"
                          ) >= lower($88::text)
                          and (
                            lower(split_part("u"."full_name", ' ', -1)) collate "C"
                          ) < lower($89::text) || chr(1114111) then (
                            lower(split_part("u"."full_name", ' ', -1)) collate "C"
                          )
                        end,
                        case
                          when (lower("u"."email") collate "C") >= lower($90::text)
                          and (lower("u"."email") collate "C") < lower($91::text) || chr(1114111) then (lower("u"."email") collate "C")
                        end,
                        case
                          when (
                            lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
                          ) >= lower($92::text)
                          and (
                            lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
                          ) < lower($93::text) || chr(1114111) then (
                            lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
                          )
                        end
                      )
                      and (lower("u"."username") collate "C") is distinct from (
                        lower(split_part("u"."full_name", ' ', -1)) collate "C"
                      )
                      and (lower("u"."full_name") collate "C") is distinct from (
                        lower(split_part("u"."full_name", ' ', -1)) collate "C"
                      )
                      and "u"."app_metadata" @> $94::jsonb as shown
                    from
                      "lumascope"."users" u
                    where
                      (
                        lower(split_part("u"."full_name", ' ', -1)) collate "C"
                      ) >= lower($95::text)
                      and (
                        lower(split_part("u"."full_name", ' ', -1)) collate "C"
                      ) < lower($96::text) || chr(1114111)
                    order by
                      (
                        lower(split_part("u"."full_name", ' ', -1)) collate "C"
                      ),
                      "u"."id"
                    limit
                      $97::integer
                  )
                  union all
                  (
                    select
                      "u"."id" as id,
                      (lower("u"."email") collate "C") as key,
                      $98::integer as key_number,
                      (lower("u"."email") collate "C") = least(
                        case
                          when (lower("u"."username") collate "C") >= lower($99::text)
                          and (lower("u"."username") collate "C") < lower($100::text) || chr(1114111) then (lower("u"."username") collate "C")
                        end,
                        case
                          when (lower("u"."full_name") collate "C") >= lower($101::text)
                          and (lower("u"."full_name") collate "C") < lower($102::text) || chr(1114111) then (lower("u"."full_name") collate "C")
                        end,
                        case
                          when (
                            lower(split_part("u"."full_name", ' ', -1)) collate "C"
                          ) >= lower($103::text)
                          and (
                            lower(split_part("u"."full_name", ' ', -1)) collate "C"
                          ) < lower($104::text) || chr(1114111) then (
                            lower(split_part("u"."full_name", ' ', -1)) collate "C"
                          )
                        end,
                        case
                          when (lower("u"."email") collate "C") >= lower($105::text)
                          and (lower("u"."email") collate "C") < lower($106::text) || chr(1114111) then (lower("u"."email") collate "C")
                        end,
                        case
                          when (
                            lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
                          ) >= lower($107::text)
                          and (
                            lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
                          ) < lower($108::text) || chr(1114111) then (
                            lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
                          )
                        end
                      )
                      and (lower("u"."username") collate "C") is distinct from (lower("u"."email") collate "C")
                      and (lower("u"."full_name") collate "C") is distinct from (lower("u"."email") collate "C")
                      and (
                        lower(split_part("u"."full_name", ' ', -1)) collate "C"
                      ) is distinct from (lower("u"."email") collate "C")
                      and "u"."app_metadata" @> $109::jsonb as shown
                    from
                      "lumascope"."users" u
                    where
                      (lower("u"."email") collate "C") >= lower($110::text)
                      and (lower("u"."email") collate "C") < lower($111::text) || chr(1114111)
                    order by
                      (lower("u"."email") collate "C"),
                      "u"."id"
                    limit
                      $112::integer
                  )
                  union all
                  (
                    select
                      "u"."id" as id,
                      (
                        lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
                      ) as key,
                      $113::integer as key_number,
                      (
                        lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
                      ) = least(
                        case
                          when (lower("u"."username") collate "C") >= lower($114::text)
                          and (lower("u"."username") collate "C") < lower($115::text) || chr(1114111) then (lower("u"."username") collate "C")
                        end,
                        case
                          when (lower("u"."full_name") collate "C") >= lower($116::text)
                          and (lower("u"."full_name") collate "C") < lower($117::text) || chr(1114111) then (lower("u"."full_name") collate "C")
                        end,
                        case
                          when (
                            lower(split_part("u"."full_name", ' ', -1)) collate "C"
                          ) >= lower($118::text)
                          and (
                            lower(split_part("u"."full_name", ' ', -1)) collate "C"
                          ) < lower($119::text) || chr(1114111) then (
                            lower(split_part("u"."full_name", ' ', -1)) collate "C"
                          )
                        end,
                        case
                          when (lower("u"."email") collate "C") >= lower($120::text)
                          and (lower("u"."email") collate "C") < lower($121::text) || chr(1114111) then (lower("u"."email") collate "C")
                        end,
                        case
                          when (
                            lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
                          ) >= lower($122::text)
                          and (
                            lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
                          ) < lower($123::text) || chr(1114111) then (
                            lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
                          )
                        end
                      )
                      and (lower("u"."username") collate "C") is distinct from (
                        lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
                      )
                      and (lower("u"."full_name") collate "C") is distinct from (
                        lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
                      )
                      and (
                        lower(split_part("u"."full_name", ' ', -1)) collate "C"
                      ) is distinct from (
                        lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
                      )
                      and (lower("u"."email") collate "C") is distinct from (
                        lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
                      )
                      and "u"."app_metadata" @> $124::jsonb as shown
                    from
                      "lumascope"."users" u
                    where
                      (
                        lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
                      ) >= lower($125::text)
                      and (
                        lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
                      ) < lower($126::text) || chr(1114111)
                    order by
                      (
                        lower(substr("u"."email", strpos("u"."email", '@'))) collate "C"
                      ),
                      "u"."id"
                    limit
                      $127::integer
                  )
                ) as entries
            ) as numbered
          where
            entry_number <= $128
            and (
              shown
              or entry_number = $129
            )
          order by
            key,
            id,
            key_number
          limit
            $130
        ) as found
      where
        not (
          select
            yes
          from
            are_few
        )
    )
  )
select
  decision.outcome as "outcome",
  page.key as "key",
  page.shown as "isShown",
  page.is_end as "isEnd",
  "u"."id" as "id",
  "u"."username" as "username",
  "u"."email" as "email",
  "u"."full_name" as "fullName",
  array(
    select
      "own"."role_name"
    from
      "lumascope"."user_roles" own
    where
      "own"."user_id" = "u"."id"
    order by
      1
  ) as "roles",
  "u"."email_verified_at" as "emailVerifiedAt",
  "u"."user_metadata" as "userMetadata",
  "u"."app_metadata" as "appMetadata",
  "u"."created_at" as "createdAt",
  "u"."updated_at" as "updatedAt",
  (
    case
      when "u"."disabled_at" is null then 'active'
      else 'disabled'
    end
  ) as "status",
  "u"."last_login_at" as "lastLoginAt",
  "u"."disabled_reason" as "disabledReason"
from
  decision
  left join (
    page
    join "lumascope"."users" u on "u"."id" = page.id
  ) on decision.outcome = 'done'
order by
  page.key,
  page.id;
