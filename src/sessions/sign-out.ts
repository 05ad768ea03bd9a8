import type { Deps } from '../deps.ts'
import { revokeSession } from './end.sql.ts'

/** Ends the session that the caller presented a token of. One that has ended already is no error. */
export async function signOut(
  deps: Pick<Deps, 'db' | 'clock' | 'client'>,
  { sessionId }: { sessionId: string },
): Promise<void> {
  const caller = { userId: null, sessionId }
  await revokeSession(deps, { sessionId, caller, now: deps.clock(), type: 'signed_out' })
}
