import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'

/**
 * Refuses what needs mail in a deployment that sends none. A 202 would make somebody wait for a mail that
 * never comes.
 *
 * @throws AppError `not_found`
 */
export function assertMailIsOn({ mailing }: Pick<Deps, 'mailing'>): void {
  if (mailing.isOn) return
  throw new AppError('not_found', { detail: 'This server sends no mail. Ask whoever runs it for help.' })
}
