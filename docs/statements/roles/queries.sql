-- npm run statements wrote this from src/roles/queries.

-- selectRoles
select
  "name",
  "description",
  array(
    select
      "p"."permission"
    from
      "lumascope"."role_permissions" p
    where
      "p"."role_name" = "lumascope"."roles"."name"
    order by
      1
  )
from
  "lumascope"."roles"
order by
  "lumascope"."roles"."name";
