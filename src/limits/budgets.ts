import type { Config, LimitName } from '../config.ts'
import type { Device } from '../crypto/device-token.ts'
import { keyedHash } from '../crypto/keyed-hash.ts'
import type { Budget } from '../db/rate-limit.ts'
import type { OnceBudget } from '../db/record-once.ts'
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import type { PasswordAttempt } from './queries.ts'

type BudgetDeps = Pick<Deps, 'config' | 'limitKeys' | 'client'>

/** What an attempt at a password is counted for. */
export async function passwordBudgets(
  deps: BudgetDeps,
  { identifier, device }: { identifier: string; device: Device | null },
): Promise<{ account: Budget; address: Budget; device: PasswordAttempt['device'] }> {
  const { signInAccount, signInAddress } = deps.config.limits
  const [account, address, known] = await Promise.all([
    key(deps, 'account', identifier),
    key(deps, 'address', deps.client.network),
    device && key(deps, 'device', device.deviceId),
  ])
  return {
    account: { key: account, ...signInAccount },
    address: { key: address, ...signInAddress },
    device:
      device && known ? { userId: device.userId, passwordVersion: device.passwordVersion, key: known } : null,
  }
}

/** What a registration is counted for. */
export async function registrationBudget(deps: BudgetDeps): Promise<Budget> {
  return { key: await key(deps, 'register', deps.client.network), ...deps.config.limits.registerAddress }
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
 * The error for who has to wait.
 *
 * @param secondsToWait until the next attempt is let through; where it isn't known, at most the time that one
 *   attempt takes to be refilled
 */
export function rateLimited(config: Config, name: LimitName, secondsToWait: number | null): AppError {
  const { count, seconds } = config.limits[name]
  const wait = secondsToWait !== null && secondsToWait > 0 ? secondsToWait : seconds / count
  return new AppError('rate_limited', {
    limit: { name, count, seconds, retryAfterSeconds: Math.max(1, Math.ceil(wait)) },
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
