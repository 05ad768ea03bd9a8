-- npm run statements wrote this from src/passwords/attempt.

-- countPasswordAttempt
with
  "account" as (
    select
      u.*,
      greatest(
        0,
        "u"."consecutive_failures" - coalesce(
          floor(
            greatest(
              0,
              extract(
                epoch
                from
                  $1::timestamptz - "u"."last_failed_at"
              )
            ) / $2::integer
          ),
          0
        )::integer
      ) as failures
    from
      "lumascope"."users" u
    where
      lower("u"."email") = $3
  ),
  "known" as (
    select
    from
      account
    where
      "account"."id" = $4
      and "account"."password_version" = coalesce($5::integer, "account"."password_version")
      and not exists (
        select
        from
          "lumascope"."rate_limits" r
        where
          "r"."key" = $6
          and "r"."attempts" >= $7
      )
  ),
  "chosen" as (
    select
      (
        select
          "account"."id"
        from
          account
      ) as user_id,
      by_device,
      case
        when by_device then $8
        else $9
      end as key
    from
      (
        select
          exists (
            select
            from
              known
          ) as by_device
      ) as places
  ),
  "address_0" as (
    insert into
      "lumascope"."rate_limits" as "r" (
        "key",
        "theoretical_arrival_at",
        "attempts",
        "expires_at"
      )
    select
      $10,
      $11::timestamptz + make_interval(secs => $12),
      $13,
      $14::timestamptz + make_interval(secs => $15)
    from
      chosen
    where
      not by_device
    on conflict ("key") do update
    set
      "theoretical_arrival_at" = greatest("r"."theoretical_arrival_at", $16::timestamptz) + make_interval(secs => $17),
      "attempts" = "r"."attempts" + 1,
      "expires_at" = excluded."expires_at"
    where
      "r"."theoretical_arrival_at" <= $18::timestamptz + make_interval(secs => $19)
    returning
      "r"."attempts"
  ),
  "spent" as (
    insert into
      "lumascope"."rate_limits" as "r" (
        "key",
        "theoretical_arrival_at",
        "attempts",
        "expires_at"
      )
    select
      key,
      $20::timestamptz + make_interval(secs => $21),
      $22,
      $23::timestamptz + make_interval(
        secs => case
          when by_device then $24::integer
          else $25::integer
        end
      )
    from
      chosen
    where
      (
        by_device
        or exists (
          select
          from
            "address_0"
        )
      )
    on conflict ("key") do update
    set
      "theoretical_arrival_at" = greatest("r"."theoretical_arrival_at", $26::timestamptz) + make_interval(secs => $27),
      "attempts" = "r"."attempts" + 1,
      "expires_at" = excluded."expires_at"
    where
      "r"."theoretical_arrival_at" <= $28::timestamptz + make_interval(secs => $29)
    returning
      "r"."attempts"
  ),
  "refused" as (
    select
      'account' as bucket,
      key,
      user_id,
      $30::integer as seconds,
      (
        select
          extract(
            epoch
            from
              "r"."theoretical_arrival_at" - make_interval(secs => $31) - $32::timestamptz
          )::double precision
        from
          "lumascope"."rate_limits" r
        where
          "r"."key" = chosen.key
      ) as wait
    from
      chosen
    where
      not exists (
        select
        from
          spent
      )
      and (
        by_device
        or exists (
          select
          from
            "address_0"
        )
      )
    union all
    select
      'address',
      key,
      null,
      seconds,
      wait
    from
      (
        select
          $33::text as key,
          $34::integer as seconds,
          (
            select
              extract(
                epoch
                from
                  "r"."theoretical_arrival_at" - make_interval(secs => $35) - $36::timestamptz
              )::double precision
            from
              "lumascope"."rate_limits" r
            where
              "r"."key" = $37
          ) as wait
        from
          (
            select
              count(*) as n
            from
              chosen
            where
              not by_device
          ) as asked
        where
          n > 0
          and not exists (
            select
            from
              "address_0"
          )
      ) as refusal
  ),
  "reported" as (
    update "lumascope"."rate_limits" r
    set
      "reported_at" = $38::timestamptz
    from
      refused
    where
      "r"."key" = refused.key
      and (
        "r"."reported_at" is null
        or "r"."reported_at" <= $39::timestamptz - make_interval(secs => refused.seconds)
      )
    returning
      refused.*
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
      $40::timestamptz,
      $41::text,
      user_id::integer,
      null::integer,
      null::uuid,
      $42::text,
      $43::text,
      jsonb_build_object('limit', 'sign_in_' || bucket)::jsonb
    from
      reported
  )
select
  "account"."id" as "id",
  "account"."password_hash" as "passwordHash",
  "account"."auth_version" as "authVersion",
  "account"."password_version" as "passwordVersion",
  "account"."disabled_at" is not null as "isDisabled",
  account.failures as "failures",
  chosen.by_device as "byDevice",
  (
    select
      attempts
    from
      spent
  ) as "attempts",
  refused.bucket as "refused",
  refused.wait as "secondsToWait"
from
  chosen
  left join account on true
  left join refused on true;

-- returnAttempt
with
  "returned" as (
    update "lumascope"."rate_limits" r
    set
      "theoretical_arrival_at" = "r"."theoretical_arrival_at" - make_interval(secs => $1),
      "attempts" = greatest(0, "r"."attempts" - 1)
    where
      "r"."key" = $2
  )
select
  true as "isReturned";
