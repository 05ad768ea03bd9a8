-- npm run statements wrote this from src/operations/queries.

-- ping
select
  extract(
    epoch
    from
      current_setting('statement_timeout')::interval
  )::double precision * 1000 as "timeout",
  (
    select
      count(*)::integer
    from
      (
        select
        from
          "lumascope"."outbox" o
        where
          "o"."sent_at" is null
          and "o"."given_up_at" is null
          and "o"."created_at" < $1::timestamptz
        limit
          $2
      ) as counted
  ) as "waiting",
  (
    select
      count(*)::integer
    from
      (
        select
        from
          "lumascope"."outbox" o
        where
          "o"."given_up_at" > $3::timestamptz
          and "o"."given_up_reason" = 'expired'
        limit
          $4
      ) as counted
  ) as "givenUp"
from
  (
    select
      exists (
        select
        from
          "lumascope"."users"
      )
  ) as answers;
