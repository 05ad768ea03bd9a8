-- `admin` holds every permission of src/roles/permissions.ts: a new one comes with a migration like this.
INSERT INTO "role_permissions" ("role_name", "permission") VALUES
  ('admin', 'users:read'),
  ('admin', 'users:write'),
  ('admin', 'users:delete'),
  ('admin', 'sessions:revoke'),
  ('admin', 'roles:read'),
  ('admin', 'roles:assign'),
  ('admin', 'roles:write'),
  ('admin', 'audit:read');
