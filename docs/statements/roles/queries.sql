-- npm run statements wrote this from src/roles/queries.

-- selectRoles
select
  "r"."name" as "name",
  "r"."description" as "description",
  array(
    select
      "p"."permission"
    from
      "lumascope"."role_permissions" p
    where
      "p"."role_name" = "r"."name"
    order by
      1
  ) as "permissions"
from
  "lumascope"."roles" r
order by
  "r"."name";
