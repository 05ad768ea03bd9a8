import type { createTestDatabase } from './test-app.ts'

type Database = Awaited<ReturnType<typeof createTestDatabase>>

const FIRST_NAMES = ['Anna', 'Bruno', 'Clara', 'David']
// Usernames begin with `person`: a search for it matches people by several keys, and by one key twice.
const LAST_NAMES = ['Garcia', 'Jones', 'Person', 'Smith']
const DOMAINS = ['example.com', 'example.com', 'example.com', 'example.org']
// Those that refer to others come first.
const TABLES = ['audit_events', 'sessions', 'one_time_tokens', 'outbox', 'user_roles', 'users']
const TYPES = ['signed_in', 'signed_in', 'sign_in_failed', 'profile_changed']

/**
 * SQL for one of four strings, chosen by two bits of a hash of `n`: as good as random, the same in every run.
 */
const oneOf = (texts: string[], bit: number) =>
  `(array['${texts.join("', '")}'])[1 + ((hashint4(n) >> ${bit}) & 3)]`

/**
 * Fills a database up to that many users, whose ids have no gap. In the metadata of the last 30 % the cohort is
 * `new`; the plan of half of all others is `common`, of one in a thousand `rare`, of the last 2 % `late`. All have the role `user`, every 20th `support`, the last 2 % `late`, two `admin`; every 101st is disabled, every tenth signed in and was sent a mail, and one in a
 * hundred has 30 events.
 */
export async function fillWithCrowd({ sql }: Database, users: number): Promise<void> {
  const [{ first } = {}] = await sql(`select coalesce(max(id), 0) + 1 as first from users`)
  const indexes = await sql(`
    select indexname as name, indexdef as definition from pg_indexes
    where tablename = any(array['${TABLES.join("', '")}'])
      and not exists (select from pg_constraint where conname = indexname)`)
  // Other test files wait for these hundreds of megabytes, so: no WAL, no million checks of foreign keys, and
  // each index built once, by two processes.
  await sql(`
    set local statement_timeout = 0;
    set local session_replication_role = replica;
    set local max_parallel_maintenance_workers = 1;
    ${TABLES.map((table) => `alter table ${table} set unlogged;`).join('')}
    ${indexes.map(({ name }) => `drop index ${name};`).join('')}
    ${inserts(Number(first), users)}
    ${indexes.map(({ definition }) => `${definition};`).join('')}`)
  await sql('vacuum analyze')
}

function inserts(first: number, users: number): string {
  return `
    insert into users (id, username, email, full_name, app_metadata, disabled_at, created_at, updated_at)
    select n, 'person' || n, 'person' || n || '@' || ${oneOf(DOMAINS, 6)},
      ${oneOf(FIRST_NAMES, 0)} || ${oneOf(['', '', ' Maria', ' de la'], 4)} || ' ' || ${oneOf(LAST_NAMES, 2)},
      case when n > ${users * 0.98} then jsonb '{"plan":"late","cohort":"new"}'
        when n > ${users * 0.7} then '{"cohort":"new"}' when n % 1000 = 7 then '{"plan":"rare","seats":5}'
        when n % 2 = 0 then '{"plan":"common"}' else '{}' end,
      case when n % 101 = 0 then timestamptz '2026-10-01' end, '2026-01-01', '2026-01-01'
    from generate_series(${first}, ${users}) n;

    insert into roles (name, description) values ('support', 'Answers'), ('late', 'The last ones');
    insert into user_roles (user_id, role_name) values (${first}, 'admin'), (${users / 2}, 'admin');
    insert into user_roles (user_id, role_name)
    select n, 'late' from generate_series(${users * 0.98 + 1}, ${users}) n
    union all select n, 'support' from generate_series(20, ${users}, 20) n
    union all select n, 'user' from generate_series(${first}, ${users}) n;

    insert into sessions (id, user_id, auth_version, created_at, last_used_at, idle_expires_at, expires_at)
    select gen_random_uuid(), n, 1, '2026-11-20', '2026-11-20', '2026-12-20', '2026-12-20'
    from generate_series(10, ${users}, 10) n;

    insert into audit_events (occurred_at, type, user_id, actor_id, details)
    select timestamptz '2025-11-20' + n * interval '365 days' / ${users * 0.3},
      ${oneOf(TYPES, 0)}, 10 + n % ${users / 100},
      case when n % 20 = 0 then ${first} else 10 + n % ${users / 100} end, '{}'
    from generate_series(1, ${users * 0.3}) n;

    insert into one_time_tokens (purpose, user_id, email, password_version, is_proven, created_at, expires_at)
    select 'password_reset', n, 'person' || n || '@example.com', 1, true, '2026-11-22', '2026-11-23'
    from generate_series(10, ${users}, 10) n;

    insert into outbox (kind, name, recipient, user_id, payload, is_replaceable, created_at, not_before,
      give_up_at, sent_at)
    select 'mail', 'password_reset', 'person' || n || '@example.com', n, '{}', true, '2026-11-22', '2026-11-22',
      '2026-11-23', '2026-11-22'
    from generate_series(10, ${users}, 10) n;

    insert into rate_limits (key, theoretical_arrival_at, expires_at)
    select 'sign-in:' || md5(n::text), '2026-11-22', '2026-11-23' from generate_series(1, ${users / 10}) n;

    select setval(pg_get_serial_sequence('users', 'id'), ${users});`
}
