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

/** Starts what all projects share, once a run: the databases and the server of breached passwords. */
export default async function globalSetup(project: TestProject) {
  const [databases, breachedPasswords] = await Promise.all([
    startInThread('databases'),
    startInThread('breachedPasswords'),
  ])
  project.provide('databasesUrl', databases.url)
  project.provide('breachedPasswordsUrl', breachedPasswords.url)
  return async () => {
    await Promise.all([breachedPasswords.close(), databases.close()])
  }
}
