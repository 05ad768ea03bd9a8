-- The two roles that the code knows by name. `user` is given to everybody who registers.
INSERT INTO "roles" ("name", "description") VALUES
  ('admin', 'Looks after accounts, roles and the audit trail'),
  ('user', 'Every registered person');
