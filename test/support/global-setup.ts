import type { TestProject } from 'vitest/node'
import '../../local/copy-docs-assets.ts'
import { startDatabases } from './databases.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Where tests of any runtime ask for a database of their own. */
    databasesUrl: string
  }
}

/** Starts what all projects share: both database engines, once a run. */
export default async function globalSetup(project: TestProject) {
  const databases = await startDatabases()
  project.provide('databasesUrl', databases.url)
  return databases.close
}
