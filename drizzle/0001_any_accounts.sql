ALTER TABLE "lumascope"."users" ALTER COLUMN "username" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "lumascope"."users" ALTER COLUMN "full_name" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "lumascope"."users" ADD COLUMN "user_metadata" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "lumascope"."users" ADD COLUMN "app_metadata" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
-- Every row has the default: to read them all for this, with the table locked, would find nothing.
ALTER TABLE "lumascope"."users" ADD CONSTRAINT "users_user_metadata_object" CHECK (jsonb_typeof("lumascope"."users"."user_metadata") = 'object') NOT VALID;--> statement-breakpoint
ALTER TABLE "lumascope"."users" ADD CONSTRAINT "users_app_metadata_object" CHECK (jsonb_typeof("lumascope"."users"."app_metadata") = 'object') NOT VALID;