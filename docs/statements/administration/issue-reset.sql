-- npm run statements wrote this from src/administration/issue-reset.

-- insertResetByOperator
with
  "account" as (
    select
      u.*
    from
      "lumascope"."users" u
    where
      lower("u"."email") = $1
    for key share of
      u
  ),
  "made" as (
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
      $2,
      "account"."id",
      "account"."email",
      "account"."password_version",
      "account"."email_verified_at" is not null,
      $3::timestamptz,
      $4::timestamptz
    from
      account
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
      $5::timestamptz,
      $6::text,
      "account"."id"::integer,
      null::integer,
      null::uuid,
      $7::text,
      $8::text,
      '{}'::jsonb
    from
      account
  )
select
  "account"."id" as "userId",
  "account"."username" as "username",
  "account"."disabled_at" is not null as "isDisabled",
  "made"."id" as "tokenId",
  "made"."expires_at" as "expiresAt"
from
  account,
  made;
