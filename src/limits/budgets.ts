import type { Limit } from '../config/rules.ts'
import { DEVICE_TOKEN_SECONDS, type Device } from '../crypto/device-token.ts'
import { keyedHash } from '../crypto/keyed-hash.ts'
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import type { Budget } from '../sql/limits.ts'
import type { OnceBudget } from '../sql/record-once.ts'
import type { PasswordAttempt } from './queries.ts'

export type BudgetDeps = Pick<Deps, 'config' | 'limitKeys' | 'client'>

/**
 * Where an attempt comes from, if it is known to be the account's own: a browser that signed in before, or a session
 * that is live.
 */
export type Known = Device | { userId: number; sessionId: string }

/** What an attempt at a password is counted for. */
export async function passwordBudgets(
  deps: BudgetDeps,
  { identifier, known }: { identifier: string; known: Known | null },
): Promise<Pick<PasswordAttempt, 'account' | 'addresses' | 'known'>> {
  const { limitSignInAccount, limitSignInAddress } = deps.config
  const [account, addresses, own] = await Promise.all([
    key(deps, 'account', identifier),
    addressBudgets(deps, 'address', limitSignInAddress),
    known && knownBudget(deps, known),
  ])
  return { account: { key: account, ...limitSignInAccount }, addresses, known: own }
}

async function knownBudget(deps: BudgetDeps, known: Known): Promise<NonNullable<PasswordAttempt['known']>> {
  const { userId } = known
  if ('sessionId' in known) {
    const keepSeconds = deps.config.sessionSeconds
    return { userId, passwordVersion: null, key: await key(deps, 'session', known.sessionId), keepSeconds }
  }
  const { passwordVersion, deviceId } = known
  return {
    userId,
    passwordVersion,
    key: await key(deps, 'device', deviceId),
    keepSeconds: DEVICE_TOKEN_SECONDS,
  }
}

/** What a registration is counted for. */
export function registrationBudgets(deps: BudgetDeps): Promise<AddressBudgets> {
  return addressBudgets(deps, 'register', deps.config.limitRegisterAddress)
}

/** What acts of somebody who is signed in are counted for. */
export async function actBudget(
  deps: BudgetDeps,
  { limit, userId }: { limit: Limit; userId: number },
): Promise<Budget> {
  return { key: await key(deps, limit.name, String(userId)), ...limit }
}

type AddressBudgets = [Budget, ...Budget[]]

/** A budget for the client's own network, and a wider one for each network around it. */
async function addressBudgets(
  deps: BudgetDeps,
  kind: string,
  { count, seconds }: Limit,
): Promise<AddressBudgets> {
  const { network, widerNetworks } = deps.client
  const budgetOf = async (each: string, share: number) => ({
    key: await key(deps, kind, each),
    ...{ count: count * share, seconds },
  })
  return await Promise.all([
    budgetOf(network, 1),
    ...widerNetworks.map((wider) => budgetOf(wider.network, wider.share)),
  ])
}

/** How long a refusal, or a reading of personal data, stands for all like it: a page of a list is not an event. */
const RECORD_SECONDS = 3600

/**
 * What keeps one kind of event from being recorded more than once an hour.
 *
 * @param whose who did what, as far as it makes another event
 */
export async function recordBudget(
  deps: Pick<BudgetDeps, 'limitKeys'>,
  kind: 'denied' | 'read',
  whose: string,
): Promise<OnceBudget> {
  return { key: await key(deps, kind, whose), seconds: RECORD_SECONDS }
}

/**
 * The error for a client that has to wait.
 *
 * @param secondsToWait until the next attempt is let through; `null` if that isn't known: then it is the time in which
 *   one attempt is refilled, which is the longest that it can be
 */
export function rateLimited(limit: Limit, secondsToWait: number | null): AppError {
  const wait = secondsToWait !== null && secondsToWait > 0 ? secondsToWait : limit.seconds / limit.count
  return new AppError('rate_limited', {
    limit: { ...limit, retryAfterSeconds: Math.max(1, Math.ceil(wait)) },
  })
}

/** The table of limits shows what kind a row is and, without the key, nothing of whose. */
async function key(
  { limitKeys }: Pick<BudgetDeps, 'limitKeys'>,
  kind: string,
  whose: string,
): Promise<string> {
  return `${kind}:${await keyedHash(limitKeys, `${kind}:${whose}`)}`
}
