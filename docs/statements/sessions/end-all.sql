-- npm run statements wrote this from src/sessions/end-all.

-- revokeSessions
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
  s;

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
  "others" as (
    select
    from
      "lumascope"."sessions" s
      join caller on "s"."user_id" = caller.user_id
    where
      case
        when "s"."id" = caller.session_id then not $5::boolean
        else (
          "s"."revoked_at" is null
          and "s"."idle_expires_at" > $6::timestamptz
          and "s"."expires_at" > $7::timestamptz
          and "s"."auth_version" >= caller.auth_version
          and null is null
        )
      end
    limit
      1
    for no key update of
      s
  ),
  "raised" as (
    update "lumascope"."users" u
    set
      "auth_version" = "u"."auth_version" + 1
    from
      caller
    where
      "u"."id" = caller.user_id
    returning
      "u"."auth_version"
  ),
  "kept" as (
    update "lumascope"."sessions" s
    set
      "auth_version" = raised.auth_version
    from
      raised,
      caller
    where
      "s"."id" = caller.session_id
      and $8::boolean
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
      jsonb_build_object('sessions', $13::text)::jsonb
    from
      caller,
      others
  )
select
  true as "counted"
from
  caller;
