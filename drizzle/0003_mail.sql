CREATE TABLE "lumascope"."one_time_tokens" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"number" bigint GENERATED ALWAYS AS IDENTITY (sequence name "lumascope"."one_time_tokens_number_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"purpose" text NOT NULL,
	"user_id" integer NOT NULL,
	"email" text NOT NULL,
	"password_version" integer NOT NULL,
	"is_proven" boolean NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"consumed_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "lumascope"."outbox" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"number" bigint GENERATED ALWAYS AS IDENTITY (sequence name "lumascope"."outbox_number_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"kind" text NOT NULL,
	"name" text NOT NULL,
	"recipient" text NOT NULL,
	"user_id" integer NOT NULL,
	"payload" jsonb NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"not_before" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone,
	"is_replaceable" boolean NOT NULL,
	"give_up_at" timestamp (3) with time zone NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"locked_until" timestamp (3) with time zone,
	"sent_at" timestamp (3) with time zone,
	"given_up_at" timestamp (3) with time zone,
	"given_up_reason" text,
	"last_error" text
);
--> statement-breakpoint
ALTER TABLE "lumascope"."one_time_tokens" ADD CONSTRAINT "one_time_tokens_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "lumascope"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "one_time_tokens_user_id_index" ON "lumascope"."one_time_tokens" USING btree ("user_id","purpose","number");--> statement-breakpoint
CREATE INDEX "one_time_tokens_kept_address_index" ON "lumascope"."one_time_tokens" USING btree (lower("email")) WHERE "lumascope"."one_time_tokens"."purpose" = 'email_undo' and "lumascope"."one_time_tokens"."consumed_at" is null;--> statement-breakpoint
CREATE INDEX "one_time_tokens_expires_at_index" ON "lumascope"."one_time_tokens" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "outbox_waiting_index" ON "lumascope"."outbox" USING btree ("kind","not_before","id") WHERE "lumascope"."outbox"."sent_at" is null and "lumascope"."outbox"."given_up_at" is null;--> statement-breakpoint
CREATE INDEX "outbox_given_up_at_index" ON "lumascope"."outbox" USING btree ("given_up_at") WHERE "lumascope"."outbox"."given_up_at" is not null;--> statement-breakpoint
CREATE INDEX "outbox_recipient_index" ON "lumascope"."outbox" USING btree ("recipient","name","created_at");--> statement-breakpoint
CREATE INDEX "outbox_created_at_index" ON "lumascope"."outbox" USING btree ("created_at");