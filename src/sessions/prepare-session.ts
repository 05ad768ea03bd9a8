import type { Deps } from '../deps.ts'
import type { NewSession } from '../sql/sessions.ts'

/** A session as it begins now: its id, and when it ends if it is not refreshed, and whatever happens. */
export function prepareSession({ config, random }: Pick<Deps, 'config' | 'random'>, now: Date): NewSession {
  const after = (seconds: number) => new Date(now.getTime() + seconds * 1000)
  return {
    id: random.uuid(),
    idleExpiresAt: after(Math.min(config.refreshIdleSeconds, config.sessionSeconds)),
    expiresAt: after(config.sessionSeconds),
  }
}
