-- npm run statements wrote this from src/outbox/list-waiting.

-- selectWaiting
select
  "o"."id" as "id",
  "o"."kind" as "kind",
  "o"."name" as "name",
  "o"."recipient" as "recipient",
  "o"."created_at" as "createdAt",
  "o"."attempts" as "attempts",
  "o"."not_before" as "notBefore",
  "o"."expires_at" as "expiresAt",
  "o"."given_up_at" as "givenUpAt",
  "o"."last_error" as "lastError"
from
  "lumascope"."outbox" o
where
  "o"."sent_at" is null
  and "o"."given_up_reason" is distinct from 'replaced'
order by
  "o"."number" desc
limit
  $1;
