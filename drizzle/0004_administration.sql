-- Indexes first, and old ones last: dropping keeps everybody from a table until all of this is done. Where tables are
-- large, create these beforehand, with CONCURRENTLY (docs/deploy.md); then nothing waits here.
CREATE INDEX IF NOT EXISTS "audit_events_user_id_occurred_at_index" ON "audit_events" USING btree ("user_id","occurred_at","id");
--> statement-breakpoint
CREATE INDEX IF NOT EXISTS "audit_events_actor_id_occurred_at_index" ON "audit_events" USING btree ("actor_id","occurred_at","id");
--> statement-breakpoint
CREATE INDEX IF NOT EXISTS "audit_events_type_occurred_at_index" ON "audit_events" USING btree ("type","occurred_at","id");
--> statement-breakpoint
CREATE INDEX IF NOT EXISTS "audit_events_occurred_at_id_index" ON "audit_events" USING btree ("occurred_at","id");
--> statement-breakpoint
CREATE INDEX IF NOT EXISTS "user_roles_role_name_user_id_index" ON "user_roles" USING btree ("role_name","user_id");
--> statement-breakpoint
CREATE INDEX IF NOT EXISTS "users_username_search" ON "users" USING btree ((lower("username") collate "C"),"id");
--> statement-breakpoint
CREATE INDEX IF NOT EXISTS "users_email_search" ON "users" USING btree ((lower("email") collate "C"),"id");
--> statement-breakpoint
CREATE INDEX IF NOT EXISTS "users_full_name_search" ON "users" USING btree ((lower("full_name") collate "C"),"id");
--> statement-breakpoint
CREATE INDEX IF NOT EXISTS "users_last_name_search" ON "users" USING btree ((lower(split_part("full_name", ' ', -1)) collate "C"),"id");
--> statement-breakpoint
CREATE INDEX IF NOT EXISTS "users_domain_search" ON "users" USING btree ((lower(substr("email", strpos("email", '@'))) collate "C"),"id");
--> statement-breakpoint
CREATE INDEX IF NOT EXISTS "users_status_index" ON "users" USING btree ((case when "disabled_at" is null then 'active' else 'disabled' end),"id");
--> statement-breakpoint
-- Of what the new indexes hold, the planner knows nothing until it is looked at.
ANALYZE "users";
--> statement-breakpoint
CREATE TABLE "role_permissions" (
	"role_name" text NOT NULL,
	"permission" text NOT NULL,
	CONSTRAINT "role_permissions_role_name_permission_pk" PRIMARY KEY("role_name","permission")
);
--> statement-breakpoint
ALTER TABLE "role_permissions" ADD CONSTRAINT "role_permissions_role_name_roles_name_fk" FOREIGN KEY ("role_name") REFERENCES "public"."roles"("name") ON DELETE cascade ON UPDATE no action;
--> statement-breakpoint
DROP INDEX "audit_events_user_id_index";
--> statement-breakpoint
DROP INDEX "audit_events_occurred_at_index";
--> statement-breakpoint
DROP INDEX "user_roles_role_name_index";
