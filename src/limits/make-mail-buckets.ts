import type { MailBuckets } from '../sql/mails.ts'
import { type BucketDeps, makeAddressBuckets, makeBucketKey } from './make-buckets.ts'

/** The kinds of mails that somebody can ask for. Each has buckets of its own. */
type MailKind = 'reset' | 'verification' | 'change'

/**
 * Makes the buckets of a reset, which needs no session: of the client's networks and of the recipient,
 * whether or not the address has an account.
 *
 * @param recipient an address in lower case
 */
export async function makeResetBuckets(deps: BucketDeps, recipient: string): Promise<MailBuckets> {
  const [addresses, own] = await Promise.all([
    makeAddressBuckets(deps, 'mail_reset_address', deps.config.limitMailAddress),
    makeRecipientBuckets(deps, 'reset', [recipient]),
  ])
  return { addresses, recipients: own.recipients }
}

/** A dozen mails a day, whoever asks for the address. */
const PER_SHARED_ADDRESS = { count: 12, seconds: 86_400 }

/**
 * Makes the buckets of recipients alone, where something else limits the client: its session, or the limits
 * of signing in.
 *
 * @param counted one bucket each: ids of users, or addresses in lower case; an address that several accounts
 *   can ask for has a larger one, so that a stranger who asks for it does not keep its owner from it
 */
export async function makeRecipientBuckets(
  deps: Pick<BucketDeps, 'config' | 'limitKeys'>,
  kind: MailKind,
  counted: readonly (string | number | { shared: string })[],
): Promise<MailBuckets> {
  const { count, seconds } = deps.config.limitMailAccount
  const recipients = counted.map(async (each) => {
    const isShared = typeof each === 'object'
    const key = await makeBucketKey(deps, `mail_${kind}`, String(isShared ? each.shared : each))
    return isShared ? { key, ...PER_SHARED_ADDRESS } : { key, count, seconds }
  })
  return { addresses: [], recipients: await Promise.all(recipients) }
}
