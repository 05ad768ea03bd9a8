import { run } from '../db/run.ts'
import type { Deps } from '../deps.ts'
import { oneTimeTokens } from '../one-time-tokens/schema.ts'
import { recordEvents } from '../sql/events.ts'
import { insertToken } from '../sql/one-time-tokens.ts'
import { columnsOf, statement } from '../sql/parts.ts'
import { sql } from '../sql/template.ts'
import { users } from '../users/schema.ts'

export type IssuedReset = {
  userId: number
  username: string | null
  isDisabled: boolean
  tokenId: string
  expiresAt: Date
}

const u = columnsOf(users, 'u')
const account = columnsOf(users, 'account')
const made = columnsOf(oneTimeTokens, 'made')

/** Makes a token for the account of an address, without an actor; `null`: no account has it. */
export async function insertResetByOperator(
  { db, client }: Pick<Deps, 'db' | 'client'>,
  { email, now }: { email: string; now: Date },
): Promise<IssuedReset | null> {
  const issue = statement(
    {
      account: sql`select u.* from ${users} u where lower(${u.email}) = ${email} for key share of u`,
      made: insertToken({
        purpose: 'operator_reset',
        from: sql`from account`,
        user: account,
        now,
      }),
      recorded: recordEvents({ client, now }, [
        { type: 'password_reset_issued', from: sql`from account`, userId: account.id },
      ]),
    },
    {
      fields: {
        userId: account.id,
        username: account.username,
        isDisabled: sql<boolean>`${account.disabledAt} is not null`,
        tokenId: made.id,
        expiresAt: made.expiresAt,
      },
      from: sql`from account, made`,
    },
  )
  const [row] = await run(db, issue)
  return row ?? null
}
