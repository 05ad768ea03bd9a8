import type { TestProject } from 'vitest/node'
import '../../local/copy-docs-assets.ts'
import { startInThread } from './server-thread.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Where tests of any runtime ask for a database of their own. */
    databasesUrl: string
    /** Where tests of any runtime ask about breached passwords. */
    breachedPasswordsUrl: string
  }
}

/** Starts what all projects share, once a run: both database engines, and who knows breached passwords. */
export default async function globalSetup(project: TestProject) {
  const [pglite, breachedPasswords] = await Promise.all([
    startInThread({ server: 'pglite' }),
    startInThread({ server: 'breachedPasswords' }),
  ])
  const databases = await startInThread({ server: 'postgres', others: pglite.url })
  project.provide('databasesUrl', databases.url)
  project.provide('breachedPasswordsUrl', breachedPasswords.url)
  return async () => {
    await breachedPasswords.close()
    await databases.close()
    await pglite.close()
  }
}
