import type { MailBuckets } from '../sql/mails.ts'
import { type BucketDeps, makeAddressBuckets, makeBucketKey } from './make-buckets.ts'

/** The kinds of mails that somebody can ask for. Each has buckets of its own. */
export type MailKind = 'reset' | 'verification' | 'change' | 'taken'

/**
 * Makes the buckets of a mail that needs no session: of the client's networks and of the recipient, whether
 * or not the address has an account.
 *
 * @param recipient an address in lower case
 */
export async function makeMailBuckets(
  deps: BucketDeps,
  kind: 'reset',
  recipient: string,
): Promise<MailBuckets> {
  const [addresses, own] = await Promise.all([
    makeAddressBuckets(deps, `mail_${kind}_address`, deps.config.limitMailAddress),
    makeRecipientBuckets(deps, kind, [recipient]),
  ])
  return { addresses, recipients: own.recipients }
}

/**
 * Makes the buckets of recipients alone, where something else limits the client: its session, or the limit of
 * registering.
 *
 * @param counted one bucket each: addresses in lower case, or ids of users
 */
export async function makeRecipientBuckets(
  deps: Pick<BucketDeps, 'config' | 'limitKeys'>,
  kind: MailKind,
  counted: readonly (string | number)[],
): Promise<MailBuckets> {
  const keys = counted.map((each) => makeBucketKey(deps, `mail_${kind}`, String(each)))
  const recipients = (await Promise.all(keys)).map((key) => ({ key, ...deps.config.limitMailAccount }))
  return { addresses: [], recipients }
}
