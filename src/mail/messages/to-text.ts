import type { Composed, Link } from './message-parts.ts'

/** A width that fits into any window, and into an answer that quotes the text. */
const MAX_COLUMNS = 72

/** The message for programs and people that read no HTML. Each link stands alone on its line, unbroken. */
export function toText(message: Composed): string {
  const { action, details } = message
  const blocks = [
    message.greeting,
    ...message.paragraphs.map(wrap),
    ...(action ? [toBlock(action)] : []),
    details.map(({ label, value }) => `${label}: ${value}`).join('\n'),
    ...message.after.map(wrap),
    ...message.alternatives.map(toBlock),
    // With its space (RFC 3676 section 4.3): programs leave what follows out of answers.
    `-- \n${wrap(message.reason)}\n${wrap(message.sentBy)}\n${message.brand.productUrl}`,
  ]
  return `${blocks.filter(Boolean).join('\n\n')}\n`
}

function toBlock({ label, url }: Link): string {
  return `${label}:\n${url}`
}

/** Breaks lines at spaces; a longer word stays whole. */
function wrap(paragraph: string): string {
  const lines: string[] = []
  for (const word of paragraph.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && [...last].length + 1 + [...word].length <= MAX_COLUMNS) {
      lines[lines.length - 1] = `${last} ${word}`
    } else {
      lines.push(word)
    }
  }
  return lines.join('\n')
}
