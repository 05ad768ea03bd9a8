-- npm run statements wrote this from src/operations/queries.

-- ping
select
  extract(
    epoch
    from
      current_setting('statement_timeout')::interval
  )::double precision * 1000 as "timeout"
from
  (
    select
      exists (
        select
        from
          "lumascope"."users"
      )
  ) as answers;
