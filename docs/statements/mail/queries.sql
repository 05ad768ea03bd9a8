-- npm run statements wrote this from src/mail/queries.

-- selectMails
select
  "o"."id" as "id",
  "o"."name" as "name",
  "o"."recipient" as "recipient",
  "o"."payload" as "payload",
  "o"."created_at" as "createdAt"
from
  "lumascope"."outbox" o
where
  "o"."kind" = 'mail'
  and (
    $1::text is null
    or "o"."recipient" = $2::text
  )
order by
  "o"."number" desc
limit
  $3;

-- deleteMails
with
  "deleted" as (
    delete from "lumascope"."outbox" o
    where
      "o"."kind" = 'mail'
  )
select
  true as "isDone";
