import { sql } from 'drizzle-orm'
import type { Database } from '../db/client.ts'

/** The smallest question that only a working database with our tables in it answers. */
export async function ping(db: Database): Promise<void> {
  await db.execute(sql`select 1 from users limit 1`)
}
