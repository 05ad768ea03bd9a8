/**
 * Values that exist in the world of the fuzzer, as placeholders that `World.fill` replaces when the request
 * is sent. `self` is the caller, `other` somebody else, `new` is nobody yet, `mailed` has the tokens of
 * mails to four others, of which `right` is for the operation, `seen` is what the last response
 * with such a member said.
 */
const BY_NAME: [name: RegExp, values: string[]][] = [
  [/password/, ['{{self.password}}', '{{self.password}}', '{{new.password}}', '{{other.password}}']],
  [
    /^token$/,
    [
      '{{mailed.right}}',
      '{{mailed.change}}',
      '{{mailed.reset}}',
      '{{mailed.undo}}',
      '{{self.refresh_token}}',
    ],
  ],
  [/token$/, ['{{self.refresh_token}}', '{{other.refresh_token}}', '{{self.access_token}}']],
  [/^email$/, ['{{self.email}}', '{{new.email}}', '{{new.email}}', '{{other.email}}', '{{self.username}}']],
  [/^(username|query)$/, ['{{self.username}}', '{{new.username}}', '{{new.username}}', '{{other.email}}']],
  [/_id$/, ['{{self.id}}', '{{other.id}}']],
  [/cursor/, ['{{seen.next_cursor}}']],
  [/^(roles?|name)$/, ['{{other.role}}', 'user', 'admin', '{{new.username}}']],
  [/^code$/, ['{{seen.code}}']],
]

/** Of accounts and of sessions, which are called the same. */
const IDS: Record<string, string[]> = {
  integer: ['{{other.id}}', '{{self.id}}'],
  string: ['{{self.session}}', '{{other.session}}', '{{seen.id}}'],
}

/**
 * The first one is what an honest client would most likely send. Secrets are in no value for another name:
 * whatever a response repeats of a password is then a leak.
 */
export function knownValues(name: string, type: string): string[] {
  if (name === 'id') return IDS[type] ?? []
  const found = BY_NAME.find(([pattern]) => pattern.test(name))
  return found ? [...found[1], `{{seen.${name}}}`] : []
}
