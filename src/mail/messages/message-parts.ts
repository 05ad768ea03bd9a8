/** The product that sends the message. */
export type Brand = {
  productName: string
  /** Where the application is, `APP_URL`. */
  productUrl: string
  /** An image that mail programs fetch; `null`: messages load nothing. */
  logoUrl: string | null
}

export type Link = { label: string; url: string }

/** A message with all its words, before it is laid out as HTML and as text. */
export type Composed = {
  language: string
  subject: string
  title: string
  greeting: string
  paragraphs: string[]
  action: Link | null
  /** The line above the URL of the action, for mail programs without buttons. */
  copyLink: string
  /** The client as far as it is known. */
  details: { label: string; value: string }[]
  after: string[]
  /** Other ways than the action. */
  alternatives: Link[]
  reason: string
  sentBy: string
  brand: Brand
}
