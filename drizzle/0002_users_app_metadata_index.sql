CREATE INDEX CONCURRENTLY IF NOT EXISTS "users_app_metadata_index" ON "lumascope"."users" USING gin ("app_metadata" jsonb_path_ops);
