import type { Deps } from '../deps.ts'
import type { NewSession } from '../sql/sessions.ts'

/**
 * Chooses the id of a session that begins now, and its two ends: the idle one, which each refresh moves, and
 * the absolute one, which never changes.
 */
export function prepareSession({ config, random }: Pick<Deps, 'config' | 'random'>, now: Date): NewSession {
  const after = (seconds: number) => new Date(now.getTime() + seconds * 1000)
  return {
    id: random.uuid(),
    idleExpiresAt: after(Math.min(config.refreshIdleSeconds, config.sessionSeconds)),
    expiresAt: after(config.sessionSeconds),
  }
}
