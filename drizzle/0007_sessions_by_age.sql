CREATE INDEX CONCURRENTLY IF NOT EXISTS "sessions_user_id_created_at_index" ON "sessions" USING btree ("user_id","created_at");--> statement-breakpoint
DROP INDEX CONCURRENTLY IF EXISTS "sessions_user_id_index";
