-- npm run statements wrote this from src/sessions/queries.

-- selectSessions
select
  "live"."id" as "id",
  "live"."created_at" as "createdAt",
  "live"."last_used_at" as "lastUsedAt",
  "live"."idle_expires_at" as "expiresAt",
  "live"."ip_address" as "ipAddress",
  "live"."user_agent" as "userAgent"
from
  "lumascope"."users" u
  left join (
    select
      s.*
    from
      "lumascope"."users" u
      join "lumascope"."sessions" s on "s"."user_id" = "u"."id"
      and (
        "s"."revoked_at" is null
        and "s"."idle_expires_at" > $1::timestamptz
        and "s"."expires_at" > $2::timestamptz
        and "s"."auth_version" >= "u"."auth_version"
        and "u"."disabled_at" is null
      )
    where
      "u"."id" = $3
    order by
      "s"."last_used_at" desc,
      "s"."id"
    limit
      $4
  ) as live on true
where
  "u"."id" = $5
order by
  "live"."last_used_at" desc,
  "live"."id";
