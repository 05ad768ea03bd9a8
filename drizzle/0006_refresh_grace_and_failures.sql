ALTER TABLE "sessions" ADD COLUMN "replaced_at" timestamp (3) with time zone[];--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "last_failed_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "sessions" DROP COLUMN "rotated_at";
