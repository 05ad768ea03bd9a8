-- npm run statements wrote this from src/administration/write-metadata.

-- patchAppMetadata
with
  "subject" as (
    select
      u.*
    from
      "lumascope"."users" u
    where
      lower("u"."email") = $1
    for no key update
  ),
  "wanted" as (
    select
      (
        with recursive
          merging (number, document) as (
            select
              0,
              "subject"."app_metadata"
            union all
            select
              number + 1,
              case step ->> 'act'
                when 'remove' then document #- path
                when 'set' then jsonb_set(document, path, step -> 'value')
                when 'object' then case
                  when jsonb_typeof(document #> path) = 'object' then document
                  else jsonb_set(document, path, '{}')
                end
              end
            from
              merging,
              (
                select
                  $2::jsonb as steps
              ) as patch,
              lateral (
                select
                  steps -> number as step
              ) as next,
              lateral (
                select
                  array(
                    select
                      jsonb_array_elements_text(step -> 'path')
                  ) as path
              ) as place
            where
              step is not null
          )
        select
          document
        from
          merging
        order by
          number desc
        limit
          1
      ) as "app_metadata"
    from
      subject
  ),
  "changed" as (
    update "lumascope"."users" u
    set
      "app_metadata" = "wanted"."app_metadata",
      "updated_at" = $3::timestamptz
    from
      subject,
      wanted
    where
      "u"."id" = "subject"."id"
      and not (
        select
          octet_length(json) - length(outside) + length(replace(outside, ' ', ''))
        from
          (
            select
              "wanted"."app_metadata"::text as json
          ) as written,
          lateral regexp_replace(json, '"(?:[^"\\]|\\.)*"', '', 'g') as outside
      ) > $4::integer
      and "subject"."app_metadata" is distinct from "wanted"."app_metadata"
    returning
      "u"."id"
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
      "subject"."id"::integer,
      null::integer,
      null::uuid,
      $7::text,
      $8::text,
      '{"members":["app_metadata"]}'::jsonb
    from
      subject,
      changed
  )
select
  "subject"."id" as "userId",
  "wanted"."app_metadata" as "appMetadata",
  (
    select
      octet_length(json) - length(outside) + length(replace(outside, ' ', ''))
    from
      (
        select
          "wanted"."app_metadata"::text as json
      ) as written,
      lateral regexp_replace(json, '"(?:[^"\\]|\\.)*"', '', 'g') as outside
  ) > $9::integer as "isTooLarge",
  exists (
    select
    from
      changed
  ) as "isChanged"
from
  subject,
  wanted;
