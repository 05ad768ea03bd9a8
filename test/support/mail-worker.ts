import { sendAsAsked } from './mail-sender.ts'

/** A Worker that sends mails, for tests. */
export default { fetch: sendAsAsked }
