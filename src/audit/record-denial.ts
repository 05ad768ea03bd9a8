import type { Deps } from '../deps.ts'
import { makeRecordBucket } from '../limits/make-buckets.ts'
import { insertDenial } from './record-denial.sql.ts'

/** A refusal, and the session whose request was refused. */
export type Denial = {
  userId: number
  sessionId: string
  /** The code of the error and its reason: one code has several. */
  code: string
  reason: string
  method: string
  /** The pattern of the path, never the path itself, which contains strings of the client. */
  route: string
}

/**
 * Records a refusal, once an hour for each account, route and reason: somebody who tries every route leaves
 * an event for each. If the session has ended since, nothing is recorded.
 */
export async function recordDenial(
  deps: Pick<Deps, 'db' | 'clock' | 'client' | 'limitKeys'>,
  { userId, sessionId, ...details }: Denial,
): Promise<void> {
  const { method, route, reason } = details
  const bucket = await makeRecordBucket(deps, 'denied', `${userId} ${method} ${route} ${reason}`)
  await insertDenial(deps, { userId, sessionId, now: deps.clock(), details, bucket })
}
