import type { Purpose } from '../crypto/one-time-token.ts'

/** Every message that is sent, by its name in the catalogues. */
export const MESSAGE_NAMES = [
  // With a link that does something.
  'password_reset',
  'invitation',
  'email_verification',
  'email_change',
  // To the old address after a change, with a link that undoes it.
  'email_changed',
  // After that: to the old address, with a link to a new password.
  'email_change_undone',
  // Notices, which nobody can unsubscribe from.
  'email_change_requested',
  'email_change_completed',
  'address_in_use',
  'password_changed',
  'new_device',
  'session_replayed',
  'account_locked',
  'account_disabled',
  'account_deleted',
] as const

export type MessageName = (typeof MESSAGE_NAMES)[number]

/** The values that a message can show. */
export type MessageValues = {
  /** The account's own address, which is not always the recipient's. */
  email: string
  /** The account's username; `null`: it has none. */
  username: string | null
  /** The address that the account is to have or has now; `null` in messages about no change of address. */
  newEmail: string | null
  /** When it happened. */
  at: Date
  /** When the link stops working; `null`: there is none. */
  expiresAt: Date | null
  /** The client that did it; `null`: not for the reader, as when an administrator acted. */
  client: { address: string | null; userAgent: string | null } | null
}

/** Where the links of a message point to. */
export type MessageLinks = {
  /** Does what the message is about; `null`: nothing to be done. */
  action: string | null
  /** "This wasn't me", beside the action; `null`: none. */
  reject: string | null
  /** The page where a new password can be asked for. */
  recover: string
}

export type RenderedMessage = { subject: string; text: string; html: string }

/** The payload of a mail, as `queueMails` stores it. Times are in seconds since 1970. */
export type MailPayload = {
  language: string
  email: string
  username: string | null
  new_email: string | null
  at: number
  client: { address: string | null; user_agent: string | null } | null
  token: { purpose: Purpose; id: string; expires_at: number } | null
}

/** A mail as the outbox has it. */
export type StoredMail = { name: MessageName; payload: MailPayload }

/** A mail as the mailbox of development shows it. */
export type MailboxItem = {
  id: string
  to: string
  /** The name of the message. */
  kind: string
  subject: string
  text: string
  html: string
  createdAt: Date
}
