ALTER TABLE "sessions" ADD COLUMN "replaced_at" timestamp (3) with time zone[];--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "last_failed_at" timestamp (3) with time zone;--> statement-breakpoint
-- Forgiven from now on: what was counted before there was a time would never be.
UPDATE "users" SET "last_failed_at" = now() WHERE "consecutive_failures" > 0;--> statement-breakpoint
-- "rotated_at" stays: the version before this one writes it with every refresh.
UPDATE "sessions" SET "replaced_at" = array["rotated_at"] WHERE "rotated_at" > now() - interval '2 minutes';
