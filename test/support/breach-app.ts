import { inject } from 'vitest'
import type { BreachBehaviour, BreachRequest } from './breach-behaviours.ts'
import { createTestApp } from './test-app.ts'

/** An application whose breach API behaves as given; `asked` returns the requests since its last call. */
export async function createBreachApp(behaviour: BreachBehaviour) {
  const server = inject('breachedPasswordsUrl')
  const who = crypto.randomUUID()
  const url = behaviour === 'refuses' ? 'http://localhost:1/' : `${server}/${behaviour}/${who}/`
  const test = await createTestApp({ variables: { BREACHED_PASSWORDS_URL: url } })
  const asked = async () => (await (await fetch(`${server}/requests/${who}`)).json()) as BreachRequest[]
  return { ...test, url: new URL(url), asked }
}
