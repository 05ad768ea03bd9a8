DROP INDEX "sessions_user_id_index";--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "replaced_at" timestamp (3) with time zone[];--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "last_failed_at" timestamp (3) with time zone;--> statement-breakpoint
CREATE INDEX "sessions_user_id_created_at_index" ON "sessions" USING btree ("user_id","created_at");--> statement-breakpoint
ALTER TABLE "sessions" DROP COLUMN "rotated_at";