-- npm run statements wrote this from src/addresses/verify.

-- verifyAddress
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
      and (lower("u"."email") = lower("t"."email"))
      and not exists (
        select
        from
          "lumascope"."one_time_tokens" newer
        where
          "newer"."user_id" = "t"."user_id"
          and "newer"."purpose" = "t"."purpose"
          and "newer"."number" > "t"."number"
      )
    for no key update of
      u,
      t
  ),
  "consumed" as (
    update "lumascope"."one_time_tokens" t
    set
      "consumed_at" = $4::timestamptz
    from
      token
    where
      "t"."user_id" = "token"."user_id"
      and "t"."consumed_at" is null
      and "t"."purpose" = "token"."purpose"
      and true
  ),
  "changed" as (
    update "lumascope"."users" u
    set
      "email_verified_at" = $5::timestamptz,
      "updated_at" = $6::timestamptz
    from
      token
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
      $7::timestamptz,
      $8::text,
      "changed"."id"::integer,
      null::integer,
      null::uuid,
      $9::text,
      $10::text,
      '{}'::jsonb
    from
      changed
  )
select
  "changed"."id" as "id"
from
  changed;
