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
        select
          coalesce(
            jsonb_object_agg(
              coalesce("d1".key, "p1".key),
              case
                when "p1".key is null then "d1".value
                when jsonb_typeof("p1".value) = 'object' then (
                  select
                    coalesce(
                      jsonb_object_agg(
                        coalesce("d2".key, "p2".key),
                        case
                          when "p2".key is null then "d2".value
                          when jsonb_typeof("p2".value) = 'object' then (
                            select
                              coalesce(
                                jsonb_object_agg(
                                  coalesce("d3".key, "p3".key),
                                  case
                                    when "p3".key is null then "d3".value
                                    when jsonb_typeof("p3".value) = 'object' then (
                                      select
                                        coalesce(
                                          jsonb_object_agg(
                                            coalesce("d4".key, "p4".key),
                                            case
                                              when "p4".key is null then "d4".value
                                              when jsonb_typeof("p4".value) = 'object' then (
                                                select
                                                  coalesce(
                                                    jsonb_object_agg(
                                                      coalesce("d5".key, "p5".key),
                                                      case
                                                        when "p5".key is null then "d5".value
                                                        when jsonb_typeof("p5".value) = 'object' then (
                                                          select
                                                            coalesce(
                                                              jsonb_object_agg(
                                                                coalesce("d6".key, "p6".key),
                                                                case
                                                                  when "p6".key is null then "d6".value
                                                                  when jsonb_typeof("p6".value) = 'object' then (
                                                                    select
                                                                      coalesce(
                                                                        jsonb_object_agg(
                                                                          coalesce("d7".key, "p7".key),
                                                                          case
                                                                            when "p7".key is null then "d7".value
                                                                            when jsonb_typeof("p7".value) = 'object' then (
                                                                              select
                                                                                coalesce(
                                                                                  jsonb_object_agg(
                                                                                    coalesce("d8".key, "p8".key),
                                                                                    case
                                                                                      when "p8".key is null then "d8".value
                                                                                      else "p8".value
                                                                                    end
                                                                                  ),
                                                                                  '{}'
                                                                                )
                                                                              from
                                                                                (
                                                                                  select
                                                                                    *
                                                                                  from
                                                                                    jsonb_each(
                                                                                      case
                                                                                        when jsonb_typeof("d7".value) = 'object' then "d7".value
                                                                                      end
                                                                                    )
                                                                                  where
                                                                                    key = key || ''
                                                                                ) "d8"
                                                                                full join (
                                                                                  select
                                                                                    *
                                                                                  from
                                                                                    jsonb_each("p7".value)
                                                                                  where
                                                                                    key = key || ''
                                                                                ) "p8" on "p8".key = "d8".key
                                                                              where
                                                                                "p8".value is distinct from 'null'
                                                                            )
                                                                            else "p7".value
                                                                          end
                                                                        ),
                                                                        '{}'
                                                                      )
                                                                    from
                                                                      (
                                                                        select
                                                                          *
                                                                        from
                                                                          jsonb_each(
                                                                            case
                                                                              when jsonb_typeof("d6".value) = 'object' then "d6".value
                                                                            end
                                                                          )
                                                                        where
                                                                          key = key || ''
                                                                      ) "d7"
                                                                      full join (
                                                                        select
                                                                          *
                                                                        from
                                                                          jsonb_each("p6".value)
                                                                        where
                                                                          key = key || ''
                                                                      ) "p7" on "p7".key = "d7".key
                                                                    where
                                                                      "p7".value is distinct from 'null'
                                                                  )
                                                                  else "p6".value
                                                                end
                                                              ),
                                                              '{}'
                                                            )
                                                          from
                                                            (
                                                              select
                                                                *
                                                              from
                                                                jsonb_each(
                                                                  case
                                                                    when jsonb_typeof("d5".value) = 'object' then "d5".value
                                                                  end
                                                                )
                                                              where
                                                                key = key || ''
                                                            ) "d6"
                                                            full join (
                                                              select
                                                                *
                                                              from
                                                                jsonb_each("p5".value)
                                                              where
                                                                key = key || ''
                                                            ) "p6" on "p6".key = "d6".key
                                                          where
                                                            "p6".value is distinct from 'null'
                                                        )
                                                        else "p5".value
                                                      end
                                                    ),
                                                    '{}'
                                                  )
                                                from
                                                  (
                                                    select
                                                      *
                                                    from
                                                      jsonb_each(
                                                        case
                                                          when jsonb_typeof("d4".value) = 'object' then "d4".value
                                                        end
                                                      )
                                                    where
                                                      key = key || ''
                                                  ) "d5"
                                                  full join (
                                                    select
                                                      *
                                                    from
                                                      jsonb_each("p4".value)
                                                    where
                                                      key = key || ''
                                                  ) "p5" on "p5".key = "d5".key
                                                where
                                                  "p5".value is distinct from 'null'
                                              )
                                              else "p4".value
                                            end
                                          ),
                                          '{}'
                                        )
                                      from
                                        (
                                          select
                                            *
                                          from
                                            jsonb_each(
                                              case
                                                when jsonb_typeof("d3".value) = 'object' then "d3".value
                                              end
                                            )
                                          where
                                            key = key || ''
                                        ) "d4"
                                        full join (
                                          select
                                            *
                                          from
                                            jsonb_each("p3".value)
                                          where
                                            key = key || ''
                                        ) "p4" on "p4".key = "d4".key
                                      where
                                        "p4".value is distinct from 'null'
                                    )
                                    else "p3".value
                                  end
                                ),
                                '{}'
                              )
                            from
                              (
                                select
                                  *
                                from
                                  jsonb_each(
                                    case
                                      when jsonb_typeof("d2".value) = 'object' then "d2".value
                                    end
                                  )
                                where
                                  key = key || ''
                              ) "d3"
                              full join (
                                select
                                  *
                                from
                                  jsonb_each("p2".value)
                                where
                                  key = key || ''
                              ) "p3" on "p3".key = "d3".key
                            where
                              "p3".value is distinct from 'null'
                          )
                          else "p2".value
                        end
                      ),
                      '{}'
                    )
                  from
                    (
                      select
                        *
                      from
                        jsonb_each(
                          case
                            when jsonb_typeof("d1".value) = 'object' then "d1".value
                          end
                        )
                      where
                        key = key || ''
                    ) "d2"
                    full join (
                      select
                        *
                      from
                        jsonb_each("p1".value)
                      where
                        key = key || ''
                    ) "p2" on "p2".key = "d2".key
                  where
                    "p2".value is distinct from 'null'
                )
                else "p1".value
              end
            ),
            '{}'
          )
        from
          (
            select
              *
            from
              jsonb_each(
                case
                  when jsonb_typeof("subject"."app_metadata") = 'object' then "subject"."app_metadata"
                end
              )
            where
              key = key || ''
          ) "d1"
          full join (
            select
              *
            from
              jsonb_each($2::jsonb)
            where
              key = key || ''
          ) "p1" on "p1".key = "d1".key
        where
          "p1".value is distinct from 'null'
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
        (
          select
            octet_length(json) - length(outside) + length(replace(outside, ' ', ''))
          from
            (
              select
                "wanted"."app_metadata"::text as json
            ) as written,
            lateral regexp_replace(json, '"(?:[^"\\]|\\.)*"', '', 'g') as outside
        ) > $4::integer
        and octet_length("wanted"."app_metadata"::text) > octet_length("subject"."app_metadata"::text)
      )
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
    (
      select
        octet_length(json) - length(outside) + length(replace(outside, ' ', ''))
      from
        (
          select
            "wanted"."app_metadata"::text as json
        ) as written,
        lateral regexp_replace(json, '"(?:[^"\\]|\\.)*"', '', 'g') as outside
    ) > $9::integer
    and octet_length("wanted"."app_metadata"::text) > octet_length("subject"."app_metadata"::text)
  ) as "isTooLarge",
  exists (
    select
    from
      changed
  ) as "isChanged"
from
  subject,
  wanted;
