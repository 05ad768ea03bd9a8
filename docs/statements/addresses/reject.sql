-- npm run statements wrote this from src/addresses/reject.

-- deleteUnverified
select
from
  "lumascope"."roles"
where
  "lumascope"."roles"."name" = $1
for no key update;

with
  "token" as (
    select
      t.*,
      "u"."email" as user_email,
      "u"."email_verified_at" as user_verified_at
    from
      "lumascope"."one_time_tokens" t
      join "lumascope"."users" u on "u"."id" = "t"."user_id"
    where
      "t"."id" = $1::uuid
      and "t"."purpose" = $2
      and "t"."consumed_at" is null
      and "t"."expires_at" > $3::timestamptz
      and (
        lower("u"."email") = lower("t"."email")
        and "u"."email_verified_at" is null
        and not exists (
          select
          from
            "lumascope"."user_roles" held
          where
            "held"."user_id" = "u"."id"
            and "held"."role_name" <> $4
        )
      )
    for no key update of
      u,
      t
  ),
  "deleted" as (
    delete from "lumascope"."users" u using token
    where
      "u"."id" = "token"."user_id"
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
      $5::timestamptz,
      $6::text,
      "deleted"."id"::integer,
      null::integer,
      null::uuid,
      $7::text,
      $8::text,
      '{}'::jsonb
    from
      deleted
  )
select
  "deleted"."id" as "id"
from
  deleted;
