/** A message that is ready to be sent. */
export type Mail = {
  /** `<id>@<host>`, without the angle brackets (RFC 5322 section 3.6.4); the same for every try. */
  messageId: string
  from: { name: string; address: string }
  /** Where answers go; `null`: to `from`. */
  replyTo: string | null
  /** One address that `isEmailAddress` accepts. */
  to: string
  subject: string
  text: string
  html: string
}

/** Hands messages to a server that delivers them. */
export type Transport = {
  /**
   * Resolves once the server has taken the message over.
   *
   * @throws TransportError if the mail is not valid (`assertSendable`), was refused, or not answered in time
   */
  send(mail: Mail): Promise<void>
}

type Blame = Pick<TransportError, 'isFinal' | 'isAboutOne'>

/**
 * A message that was not taken over. The text is for operators: it names the server's answer and holds no
 * secret, no address and nothing of the message.
 */
export class TransportError extends Error {
  /** Whether another try has little chance, as for a recipient that does not exist. */
  readonly isFinal: boolean
  /** Whether it is about this mail or its recipient: others may be taken. */
  readonly isAboutOne: boolean

  constructor(message: string, { isFinal = false, isAboutOne = isFinal }: Partial<Blame> = {}) {
    super(message)
    this.name = 'TransportError'
    this.isFinal = isFinal
    this.isAboutOne = isAboutOne
  }
}
