import type { Config } from '../config/parse-config.ts'
import type { DerivedKeys } from '../crypto/derive-keys.ts'
import { makeOneTimeToken, type Purpose } from '../crypto/one-time-token.ts'
import type { MailPayload, MessageLinks } from './message.ts'

/** The page of the frontend that a link leads to, below `ACCOUNT_PATH`. */
const PAGES: Readonly<Record<Purpose, string>> = {
  password_reset: 'reset-password',
  invitation: 'accept-invitation',
  email_verification: 'verify-email',
  email_change: 'verify-email',
  email_undo: 'undo-email-change',
  operator_reset: 'reset-password',
}
const REJECT_PAGE = 'reject-registration'
const RECOVER_PAGE = 'forgot-password'

export type LinkDeps = {
  config: Pick<Config, 'appUrl' | 'accountPath'>
  oneTimeTokenKeys: DerivedKeys
}

/**
 * The links of a message. They are made of the configuration alone, so a forged `Host` is in none of them.
 * The token is in the fragment, which browsers send to no server and in no `Referer`; the page posts it, so a
 * scanner that opens the link uses nothing up.
 */
export async function makeLinks(deps: LinkDeps, payload: MailPayload): Promise<MessageLinks> {
  const token = payload.token && (await sealToken(deps, payload.token, payload))
  const isVerification = payload.token?.purpose === 'email_verification'
  return {
    action: token && payload.token ? linkTo(deps, PAGES[payload.token.purpose], token) : null,
    reject: token && isVerification ? linkTo(deps, REJECT_PAGE, token) : null,
    recover: linkTo(deps, RECOVER_PAGE),
  }
}

/** The link of a token that no mail is sent for: an operator hands it over. */
export async function makeLink(
  deps: LinkDeps,
  token: NonNullable<MailPayload['token']>,
  names: Pick<MailPayload, 'email' | 'username'>,
): Promise<string> {
  return linkTo(deps, PAGES[token.purpose], await sealToken(deps, token, names))
}

async function sealToken(
  { oneTimeTokenKeys }: LinkDeps,
  { purpose, id, expires_at }: NonNullable<MailPayload['token']>,
  { email, username }: Pick<MailPayload, 'email' | 'username'>,
): Promise<string> {
  const expiresAt = new Date(expires_at * 1000)
  return await makeOneTimeToken(oneTimeTokenKeys, {
    purpose,
    id,
    expiresAt,
    email,
    username: username ?? '',
  })
}

function linkTo({ config: { appUrl, accountPath } }: LinkDeps, page: string, token?: string): string {
  return `${appUrl}${accountPath}/${page}${token === undefined ? '' : `#token=${token}`}`
}
