import type { TestProject } from 'vitest/node'
import '../../local/copy-docs-assets.ts'
import { startInThread } from './server-thread.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The server that creates databases for tests of any runtime. */
    databasesUrl: string
    /** The server that stands in for the API of breached passwords. */
    breachedPasswordsUrl: string
    /** The server that stands in for the APIs of mail providers. */
    mailProviderUrl: string
  }
}

/** Starts the servers that all projects share, once a run. */
export default async function globalSetup(project: TestProject) {
  const [databases, breachedPasswords, mailProvider] = await Promise.all([
    startInThread('databases'),
    startInThread('breachedPasswords'),
    startInThread('mailProvider'),
  ])
  project.provide('databasesUrl', databases.url)
  project.provide('breachedPasswordsUrl', breachedPasswords.url)
  project.provide('mailProviderUrl', mailProvider.url)
  return async () => {
    await Promise.all([breachedPasswords.close(), databases.close(), mailProvider.close()])
  }
}
