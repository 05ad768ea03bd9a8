import { jobs } from '../../../src/app.ts'
import { generateKey } from '../../../src/crypto/signing-key.ts'
import { grantRole, revokeRole } from '../../../src/roles/grant-role.ts'
import { runHourly } from '../../../src/schedule/run-scheduled.ts'
import { NO_CLIENT } from '../../../src/sql/events.ts'
import { aroundStatements } from '../../support/around-statements.ts'
import { EMPTY } from '../../support/empty-database.ts'
import { createTestApp, createTestDatabase, payloadOf } from '../../support/test-app.ts'
import { canonical } from './linearize.ts'
import {
  isRotation,
  type Of,
  type Operation,
  type Real,
  type Requested,
  type Rotation,
  requestOf,
  type Response as Symbolic,
} from './operations.ts'
import {
  ACT,
  type AccessToken,
  eventName,
  type Link,
  PROFILE,
  type Rate,
  type RefreshToken,
  SIGN_IN,
} from './state.ts'
import { forge, readContent } from './tokens.ts'

type App = Awaited<ReturnType<typeof createTestApp>>
type Database = Awaited<ReturnType<typeof createTestDatabase>>
type Key = Awaited<ReturnType<typeof generateKey>>
type Body = Record<string, unknown>
type Answer = { status: number; headers?: Headers; body: Body | null }
type Rows = Record<string, string | null>[]

/** As many as one sequence can introduce. */
export const MAX_KEYS = 6

const ALGORITHMS = ['HS256', 'ES256', 'EdDSA'] as const
const DAY_SECONDS = 86_400
const DONE: Answer = { status: 0, body: null }

const variable = ({ count, seconds }: Rate) => `${count}/${seconds}`
const numberOf = (name = '') => Number(name.replace(/\D/g, ''))

/** The application on real PostgreSQL, with a database of its own. */
export async function createWorld(): Promise<World> {
  const database = await createTestDatabase()
  const names = Array.from({ length: MAX_KEYS }, (_, index) => `key${index}`)
  const keys = await Promise.all(
    names.map((name, index) => generateKey(ALGORITHMS[index % 3] ?? 'HS256', name)),
  )
  const world = new World(database, keys, await createTestApp({ database }))
  await world.reset()
  return world
}

/** Performs operations, and translates the answers to the model's symbols. */
export class World {
  readonly database: Database
  readonly #keyRing: readonly Key[]
  readonly #secretTexts: readonly string[]
  readonly #connect: App['deps']['connect']
  /** By the keys and secrets that they are configured with: a rotation deploys another one. */
  readonly #apps = new Map<string, Promise<App>>()
  #app: App
  #keys = ['key0']
  #secrets = ['secret0']
  #origin = Date.UTC(2026, 10, 22)
  #now = 0
  #symbols = new Map<string, string>()
  #tokens = new Map<string, string>()
  /** Is called for every round trip: tests of races delay it. */
  around = (send: () => PromiseLike<unknown>): PromiseLike<unknown> => send()

  constructor(database: Database, keyRing: readonly Key[], first: App) {
    this.database = database
    this.#keyRing = keyRing
    this.#secretTexts = keyRing.map(() => crypto.randomUUID() + crypto.randomUUID())
    this.#app = first
    this.#connect = aroundStatements(first.deps.connect, async (send) => await this.around(send))
  }

  /**
   * Begins a sequence: nobody is registered, and nothing was ever done. It begins a day after the one before
   * ended, so that the limits that a process counts by itself are full again.
   */
  async reset(): Promise<void> {
    await this.database.sql(EMPTY)
    await this.database.roundTrips()
    this.#origin += (this.#now + DAY_SECONDS) * 1000
    this.#now = 0
    this.#symbols.clear()
    this.#tokens.clear()
    this.#keys = ['key0']
    this.#secrets = ['secret0']
    await this.#deploy()
  }

  /**
   * Performs an operation.
   *
   * @param id its number: what it creates is named after it
   * @returns a function that translates the response: of operations at once, one can answer with what another
   *   one, whose response is not here yet, has created
   */
  async send(operation: Operation, id: number): Promise<() => Symbolic> {
    const answer = await this.#perform(operation)
    this.#learn(operation, answer, id)
    return () => this.#translate(answer)
  }

  async run(operation: Operation, id: number): Promise<Symbolic> {
    return (await this.send(operation, id))()
  }

  async #deploy(): Promise<void> {
    const version = [...this.#keys, ...this.#secrets].join()
    const made = this.#apps.get(version) ?? this.#createApp()
    this.#apps.set(version, made)
    this.#app = await made
  }

  #createApp(): Promise<App> {
    return createTestApp({
      database: this.database,
      variables: {
        JWT_SECRET: '',
        JWT_SIGNING_KEYS: JSON.stringify(this.#keys.map((name) => this.#keyRing[numberOf(name)])),
        AUTH_SECRETS: this.#secrets.map((name) => this.#secretTexts[numberOf(name)]).join(),
        LIMIT_SIGN_IN_ACCOUNT: variable(SIGN_IN),
        LIMIT_ACT_ACCOUNT: variable(ACT),
        LIMIT_PROFILE_ACCOUNT: variable(PROFILE),
      },
      deps: { connect: this.#connect, clock: () => this.#clock(), log: () => {} },
    })
  }

  #clock(): Date {
    return new Date(this.#origin + this.#now * 1000)
  }

  async #perform(operation: Operation): Promise<Answer> {
    if (isRotation(operation)) return await this.#rotate(operation)
    switch (operation.kind) {
      case 'observe':
        return { status: 0, body: await this.#observe() }
      case 'operate':
        return await operate(this.#app, operation)
      case 'purge':
        await runHourly(this.#app.deps, jobs)
        return DONE
      case 'tick':
        this.#now += operation.seconds
        return DONE
      default:
        return await this.#request(operation)
    }
  }

  async #rotate({ kind }: Rotation): Promise<Answer> {
    const next = (names: string[], name: string) => [`${name}${numberOf(names[0]) + 1}`, ...names]
    if (kind === 'drop_keys') this.#keys = this.#keys.slice(0, 1)
    if (kind === 'drop_secrets') this.#secrets = this.#secrets.slice(0, 1)
    if (kind === 'add_key') this.#keys = next(this.#keys, 'key')
    if (kind === 'add_secret') this.#secrets = next(this.#secrets, 'secret')
    await this.#deploy()
    return DONE
  }

  async #request(operation: Requested): Promise<Answer> {
    const real = this.#real('link' in operation ? await this.#linkOf(operation.link) : '')
    const { method, path, body } = requestOf(operation, real)
    const authorization = 'as' in operation && { Authorization: `Bearer ${real.token(operation.as)}` }
    const type = body !== undefined && { 'Content-Type': 'application/json' }
    const response = await this.#app.request(path, {
      method,
      headers: { ...authorization, ...type },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    return { status: response.status, headers: response.headers, body: text ? JSON.parse(text) : null }
  }

  /** The token in a mail, sealed now; of a mail that was purged, one that is no longer valid either. */
  async #linkOf(link: Link): Promise<string> {
    const ids = new Map([...this.#symbols].map(([name, symbol]) => [symbol, name.split(' ')[1]]))
    const [row] = await this.database.sql(
      `select id, recipient as email from outbox
       where name = $1 and user_id = $2 and created_at = $3`,
      [link.purpose, ids.get(link.user), new Date(this.#origin + link.at * 1000).toISOString()],
    )
    const mails = row ? await this.#app.mailbox(row['email']) : []
    return mails.find(({ id }) => id === row?.['id'])?.token ?? 'purged'
  }

  #real(link = ''): Real {
    const ids = new Map([...this.#symbols].map(([name, symbol]) => [symbol, name.split(' ')[1] ?? '']))
    return {
      // Of somebody who was never there, as far as this client knows.
      user: (symbol) => ids.get(symbol) ?? '2147483647',
      session: (symbol) => ids.get(symbol) ?? crypto.randomUUID(),
      link: () => link,
      token: (token) => {
        const isForged = 'secret' in token && token.secret === 'forged'
        const text = this.#tokens.get(canonical(isForged ? { ...token, secret: this.#secrets[0] } : token))
        if (text === undefined) throw new Error(`Nobody was given ${canonical(token)}`)
        return isForged ? forge(text) : text
      },
    }
  }

  #symbolOf(kind: 'user' | 'session', id: unknown): string {
    return this.#symbols.get(`${kind} ${id}`) ?? `an unknown ${kind}`
  }

  #learn(operation: Operation, { status, body }: Answer, id: number): void {
    if (operation.kind === 'register' && status === 201) {
      const { id: user } = (body?.['user'] ?? body) as Body
      this.#symbols.set(`user ${user}`, `${operation.email.split('@')[0]}${id}`)
    }
    if (status >= 300 || !body || !('refresh_token' in body)) return
    const { sid } = payloadOf(String(body['access_token']))
    if (operation.kind !== 'refresh') this.#symbols.set(`session ${sid}`, `s${id}`)
    this.pairOf(body)
  }

  /** The tokens of a response in symbols. Keeps them, so that anybody can present them later. */
  pairOf(body: Body) {
    const [accessText, refreshText] = [String(body['access_token']), String(body['refresh_token'])]
    const claims = payloadOf(accessText)
    const { kid: key } = JSON.parse(atob(accessText.split('.')[0] ?? '')) as { kid: string }
    const [session, user] = [this.#symbolOf('session', claims['sid']), this.#symbolOf('user', claims['uid'])]
    const issuedAt = Number(claims['iat']) - this.#origin / 1000
    const access: AccessToken = { session, user, issuedAt, key }
    const { id, generation } = readContent(refreshText)
    const secret = this.#secrets[0] ?? ''
    const refresh: RefreshToken = { session: this.#symbolOf('session', id), generation, secret }
    const known = this.#tokens.get(canonical(refresh))
    // All losers of a race get the same token, not just one that means the same.
    if (known !== undefined && known !== refreshText) throw new Error(`Two tokens are ${canonical(refresh)}`)
    this.#tokens.set(canonical(access), accessText)
    this.#tokens.set(canonical(refresh), refreshText)
    const { sub: email, full_name: fullName, roles } = claims
    return { access, refresh, claims: { email, fullName, roles }, endsIn: body['refresh_token_expires_in'] }
  }

  /** By what the answer contains. */
  #translate({ status, headers, body }: Answer): Symbolic {
    if (status >= 400) {
      const wait = headers?.get('Retry-After')
      return { status, code: String(body?.['code']), ...(wait && { retryAfter: Number(wait) }) }
    }
    if (!body || status === 202) return { status }
    if ('people' in body) return { status, body: this.#translateObserved(body) }
    if ('refresh_token' in body) {
      const owner = 'user' in body && { owner: this.#translateUser(body['user'] as Body) }
      return { status, body: { ...this.pairOf(body), ...owner } }
    }
    if ('items' in body) return { status, body: this.#translateList(body) }
    return { status, body: this.#translateUser(body) }
  }

  #seconds(time: unknown): number | null {
    return time === null ? null : (Date.parse(String(time)) - this.#origin) / 1000
  }

  #translateUser({ id, email, username, full_name: fullName, roles, ...rest }: Body) {
    const { user_metadata: userMetadata, app_metadata: appMetadata } = rest
    const shown = { email, username, fullName, roles, userMetadata, appMetadata }
    const user = { user: this.#symbolOf('user', id), ...shown }
    if (!('status' in rest)) return user
    return { ...user, status: rest['status'], lastLoginAt: this.#seconds(rest['last_login_at']) }
  }

  #translateList(body: Body) {
    const items = (body['items'] as Body[]).map((item) => ({
      session: this.#symbolOf('session', item['id']),
      createdAt: this.#seconds(item['created_at']),
      usedAt: this.#seconds(item['last_used_at']),
      endsAt: this.#seconds(item['expires_at']),
      isCurrent: item['current'],
    }))
    return items.sort((a, b) => (a.session < b.session ? -1 : 1))
  }

  /** Reads the database past the application, by the words of the glossary. */
  async #observe(): Promise<Record<'people' | 'live' | 'admins' | 'events', Rows>> {
    const [people, live, admins, events] = await Promise.all([
      this.database.sql('select id, user_metadata, app_metadata, email_verified_at from users'),
      this.database.sql(
        `select s.id, s.user_id from sessions s left join users u on u.id = s.user_id
         where s.revoked_at is null and least(s.idle_expires_at, s.expires_at) > $1
           and (u.id is null or u.disabled_at is null and s.auth_version >= u.auth_version)`,
        [this.#clock()],
      ),
      this.database.sql(
        `select u.id from users u join user_roles r on r.user_id = u.id
         where r.role_name = 'admin' and u.disabled_at is null`,
      ),
      this.database.sql(
        `select type, user_id, actor_id, extract(epoch from occurred_at)::float8 as at, count(*)
         from audit_events group by 1, 2, 3, 4`,
      ),
    ])
    return { people, live, admins, events }
  }

  #translateObserved(body: Body) {
    const { people, live, admins, events } = body as Record<'people' | 'live' | 'admins' | 'events', Rows>
    const user = (id: unknown) => (id === null ? null : this.#symbolOf('user', id))
    const counted = events.map(({ type, user_id, actor_id, at, count }) => {
      const when = Number(at) - this.#origin / 1000
      const event = { type: String(type), user: user(user_id), actor: user(actor_id), at: when }
      return [eventName(event), Number(count)] as const
    })
    return {
      people: Object.fromEntries(
        people.map(({ id, user_metadata, app_metadata, email_verified_at }) => {
          const [userMetadata, appMetadata] = [user_metadata, app_metadata].map((text) =>
            JSON.parse(text ?? ''),
          )
          return [user(id), { userMetadata, appMetadata, isVerified: email_verified_at !== null }]
        }),
      ),
      live: live.map(({ id, user_id }) => `${this.#symbolOf('session', id)} of ${user(user_id)}`).sort(),
      admins: admins.map(({ id }) => user(id)).sort(),
      events: Object.fromEntries(counted),
    }
  }
}

/** Operators use the command line, which calls these verbs. */
async function operate({ deps }: App, { email, isAdmin }: Of<'operate'>) {
  const db = deps.connect({ roundTrips: 0, milliseconds: 0 })
  const verb = isAdmin ? grantRole : revokeRole
  try {
    await verb({ db, clock: deps.clock, client: NO_CLIENT }, { email, role: 'admin' })
    return DONE
  } catch (error) {
    const isRefusal = error instanceof Error && /last administrator|No account/.test(error.message)
    if (!isRefusal) throw error
    return { ...DONE, status: 1 }
  }
}
