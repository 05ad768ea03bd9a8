import { changeAddress } from '../src/addresses/change.sql.ts'
import { deleteUnverified } from '../src/addresses/reject.sql.ts'
import { insertAddressChange } from '../src/addresses/request-change.sql.ts'
import { insertVerification } from '../src/addresses/request-verification.sql.ts'
import { restoreAddress } from '../src/addresses/undo.sql.ts'
import { verifyAddress } from '../src/addresses/verify.sql.ts'
import { replaceUserRoles } from '../src/administration/assign-roles.sql.ts'
import { updateUser } from '../src/administration/change-user.sql.ts'
import { insertAccount } from '../src/administration/create-user.sql.ts'
import { deleteUserById } from '../src/administration/delete-user.sql.ts'
import { enableUser } from '../src/administration/enable-account.sql.ts'
import { raiseAuthVersion } from '../src/administration/end-user-sessions.sql.ts'
import { selectUser, selectUserSessions } from '../src/administration/find-user.sql.ts'
import { insertResetByOperator } from '../src/administration/issue-reset.sql.ts'
import { selectUserPage } from '../src/administration/list-users.sql.ts'
import { insertResetByAdmin } from '../src/administration/send-reset.sql.ts'
import { patchAppMetadata } from '../src/administration/write-metadata.sql.ts'
import { selectEvents, selectOwnEvents } from '../src/audit/list-events.sql.ts'
import { insertDenial } from '../src/audit/record-denial.sql.ts'
import type { Database } from '../src/db/client.ts'
import { reportRefusal } from '../src/limits/refuse-locally.sql.ts'
import { deleteMails, selectMails } from '../src/mail/queries.ts'
import { ping } from '../src/operations/queries.ts'
import { claimDeliveries } from '../src/outbox/claim.sql.ts'
import { selectWaiting } from '../src/outbox/list-waiting.sql.ts'
import { recordFailure, recordSent } from '../src/outbox/record.sql.ts'
import { retryWaiting } from '../src/outbox/retry.sql.ts'
import { countPasswordAttempt, returnAttempt } from '../src/passwords/attempt.sql.ts'
import { updatePassword } from '../src/passwords/change.sql.ts'
import { insertFailedConfirmation } from '../src/passwords/confirm.sql.ts'
import { insertResetRequest } from '../src/passwords/request-reset.sql.ts'
import { resetPasswordRow } from '../src/passwords/reset.sql.ts'
import { passwordEffects } from '../src/passwords/sign-in.sql.ts'
import { recordGuessing } from '../src/passwords/watch-guessing.sql.ts'
import { deleteUnusedRole } from '../src/roles/delete-role.sql.ts'
import { setUserRole } from '../src/roles/grant-role.sql.ts'
import { selectRoles } from '../src/roles/queries.ts'
import { upsertRole } from '../src/roles/write-role.sql.ts'
import { deleteBefore } from '../src/schedule/purge.sql.ts'
import { findPrincipal, findUser } from '../src/sessions/authenticate.sql.ts'
import { revokeSession } from '../src/sessions/end.sql.ts'
import { revokeSessions } from '../src/sessions/end-all.sql.ts'
import { openSessionRow } from '../src/sessions/open.sql.ts'
import { selectSessions } from '../src/sessions/queries.ts'
import { rotateSession } from '../src/sessions/refresh.sql.ts'
import { sessions } from '../src/sessions/schema.ts'
import { NO_CLIENT } from '../src/sql/events.ts'
import { updateProfile } from '../src/users/change-profile.sql.ts'
import { deleteOwnUser } from '../src/users/delete-account.sql.ts'
import { insertUser } from '../src/users/register.sql.ts'

// Any values will do: they become parameters, which the book shows as `$1`.
const now = new Date(0)
const later = new Date(1)
const sessionId = '00000000-0000-4000-8000-000000000000'
const client = NO_CLIENT
const mailing = { isOn: true, isMailbox: false }
const bucket = { key: '', count: 5, seconds: 300 }
const once = { key: '', seconds: 3600 }
const session = { id: sessionId, idleExpiresAt: later, expiresAt: later }
const own = { userId: 1, sessionId, now }
const known = { userId: 1, passwordVersion: 1, key: '', keepSeconds: 1 }
const proof = { userId: 1, authVersion: 1, methods: ['pwd' as const] }
const attempted = { storedHash: '', upgradedHash: null, wrongFor: null, bucket, byDevice: false }
const confirmed = { ...own, authVersion: 1, bucket, byDevice: true }
const actor = { userId: 1, sessionId, permission: 'users:write' as const }
const act = { actor, userId: 2, now }
const reading = { actor, bucket: once, now }
const mailBuckets = { addresses: [bucket], recipients: [bucket] }
const used = { id: sessionId, now }
const noticed = { isKnownDevice: false }
const account = { username: '', email: '', fullName: '' }
const profile = { id: 1, sessionId, now }
const usernameLimit = { name: '', bucket }
const page = {
  after: null,
  limit: 50,
  fields: { username: 'required', full_name: 'required' },
} as const
const nobody = { query: null, role: null, status: null, metadata: null }
const metadata = { name: 'plan', value: 'pro' }

/**
 * Every statement of the product, by its file and the function that sends it. If a function's statement has
 * several shapes, the most different ones.
 */
export const SAMPLES: Record<string, Record<string, (db: Database) => Promise<unknown>>> = {
  'administration/assign-roles': {
    replaceUserRoles: (db) => replaceUserRoles({ db, client }, { ...act, roles: ['user'] }),
  },
  'administration/change-user': {
    updateUser: (db) =>
      updateUser({ db, client, mailing }, { ...act, status: 'disabled', disabledReason: '' }),
    'updateUser, of metadata': (db) => updateUser({ db, client, mailing }, { ...act, appMetadata: {} }),
  },
  'administration/create-user': {
    insertAccount: (db) => insertAccount({ db, client, mailing }, { ...account, actor, now }),
  },
  'administration/delete-user': { deleteUserById: (db) => deleteUserById({ db, client, mailing }, act) },
  'administration/issue-reset': {
    insertResetByOperator: (db) => insertResetByOperator({ db, client }, { email: '', now }),
  },
  'administration/send-reset': {
    insertResetByAdmin: (db) => insertResetByAdmin({ db, client, mailing }, { ...act, buckets: mailBuckets }),
  },
  'administration/enable-account': { enableUser: (db) => enableUser({ db, client }, { email: '', now }) },
  'administration/end-user-sessions': { raiseAuthVersion: (db) => raiseAuthVersion({ db, client }, act) },
  'administration/find-user': {
    selectUser: (db) => selectUser({ db, client }, { ...reading, userId: 2 }),
    selectUserSessions: (db) => selectUserSessions({ db, client }, { ...reading, userId: 2 }),
  },
  'administration/list-users': {
    selectUserPage: (db) => selectUserPage({ db, client }, { ...nobody, ...page, reading }),
    'selectUserPage, by role and status': (db) =>
      selectUserPage({ db, client }, { ...nobody, ...page, role: '', status: 'active', reading }),
    'selectUserPage, a search': (db) =>
      selectUserPage({ db, client }, { ...nobody, query: '', ...page, reading }),
    'selectUserPage, a search by role': (db) =>
      selectUserPage({ db, client }, { ...nobody, ...page, query: '', role: '', reading }),
    'selectUserPage, by metadata': (db) =>
      selectUserPage({ db, client }, { ...nobody, ...page, metadata, reading }),
    'selectUserPage, a search by metadata': (db) =>
      selectUserPage({ db, client }, { ...nobody, ...page, query: '', metadata, reading }),
  },
  'administration/write-metadata': {
    patchAppMetadata: (db) => patchAppMetadata({ db, client }, { email: '', patch: {}, now }),
  },
  'addresses/change': { changeAddress: (db) => changeAddress({ db, client, mailing }, used) },
  'addresses/reject': { deleteUnverified: (db) => deleteUnverified({ db, client }, used) },
  'addresses/request-change': {
    insertAddressChange: (db) =>
      insertAddressChange({ db, client, mailing }, { ...confirmed, newEmail: '', buckets: mailBuckets }),
  },
  'addresses/request-verification': {
    insertVerification: (db) => insertVerification({ db, client, mailing }, { ...own, buckets: mailBuckets }),
  },
  'addresses/undo': { restoreAddress: (db) => restoreAddress({ db, client, mailing }, used) },
  'addresses/verify': { verifyAddress: (db) => verifyAddress({ db, client }, used) },
  'audit/list-events': {
    selectOwnEvents: (db) => selectOwnEvents(db, { ...page, userId: 1 }),
    selectEvents: (db) => selectEvents({ db, client }, { ...page, reading: { ...reading, userId: null } }),
  },
  'audit/record-denial': {
    insertDenial: (db) => insertDenial({ db, client }, { ...own, details: {}, bucket: once }),
  },
  'limits/refuse-locally': {
    reportRefusal: (db) => reportRefusal({ db, client }, { bucket, limit: { name: '' }, now }),
  },
  'mail/queries': {
    selectMails: (db) => selectMails(db, { to: null }),
    deleteMails,
  },
  'outbox/claim': { claimDeliveries: (db) => claimDeliveries(db, { kind: '', now, limit: 1 }) },
  'outbox/list-waiting': { selectWaiting: (db) => selectWaiting(db, { limit: 1 }) },
  'outbox/retry': { retryWaiting: (db) => retryWaiting(db, { id: null, now }) },
  'outbox/record': {
    recordSent: (db) => recordSent(db, used),
    recordFailure: (db) =>
      recordFailure(db, { ...used, attempts: 1, error: '', givesUp: false, retryAt: later }),
  },
  'operations/queries': { ping: (db) => ping(db, now) },
  'passwords/attempt': {
    countPasswordAttempt: (db) =>
      countPasswordAttempt(
        { db, client },
        {
          whose: { identifier: 'a@b', hasUsernames: true },
          account: bucket,
          addresses: [bucket],
          known,
          now,
        },
      ),
    returnAttempt: (db) => returnAttempt(db, bucket),
  },
  'passwords/change': {
    updatePassword: (db) =>
      updatePassword({ db, client, mailing }, { ...confirmed, passwordHash: '', session }),
  },
  'passwords/confirm': {
    insertFailedConfirmation: (db) =>
      insertFailedConfirmation({ db, client, mailing }, { ...own, wrongFor: 1, byDevice: true }),
  },
  'passwords/request-reset': {
    insertResetRequest: (db) =>
      insertResetRequest({ db, client, mailing }, { email: '', buckets: mailBuckets, now }),
  },
  'passwords/reset': {
    resetPasswordRow: (db) =>
      resetPasswordRow(
        { db, client, mailing },
        { ...used, purpose: 'password_reset', passwordHash: '', bucketKeys: [''] },
      ),
  },
  'passwords/watch-guessing': {
    recordGuessing: (db) => recordGuessing(db, { since: now, now: later, threshold: 1 }),
  },
  'roles/delete-role': {
    deleteUnusedRole: (db) => deleteUnusedRole({ db, client }, { actor, name: '', now }),
  },
  'roles/grant-role': {
    setUserRole: (db) => setUserRole({ db, client }, { email: '', role: '', isGranted: true, now }),
  },
  'roles/queries': { selectRoles },
  'roles/write-role': {
    upsertRole: (db) =>
      upsertRole({ db, client }, { actor, name: '', description: '', permissions: [], isNew: true, now }),
  },
  'schedule/purge': {
    deleteBefore: (db) =>
      deleteBefore(db, { table: sessions, age: sessions.idleExpiresAt, before: now, limit: 1 }),
  },
  'sessions/authenticate': {
    findUser: (db) => findUser({ db, client }, { ...own, spends: null }),
    'findUser, counted': (db) => findUser({ db, client }, { ...own, spends: { limit: '', bucket } }),
    findPrincipal: (db) => findPrincipal({ db, client }, { ...own, spends: null }),
  },
  'sessions/end': {
    'revokeSession, one’s own': (db) =>
      revokeSession({ db, client }, { sessionId, caller: own, now, type: 'session_ended' }),
    'revokeSession, by its token': (db) =>
      revokeSession(
        { db, client },
        { sessionId, caller: { userId: null, sessionId }, now, type: 'signed_out' },
      ),
  },
  'sessions/end-all': {
    revokeSessions: (db) => revokeSessions({ db, client }, { ...own, keepCurrent: true }),
  },
  'sessions/open': {
    'openSessionRow, by password': (db) =>
      openSessionRow(
        { db, client, mailing },
        {
          proof,
          attemptedId: 1,
          reason: '',
          effects: passwordEffects(attempted)(now, { needsVerified: false }),
          session,
          now,
          ...noticed,
          verificationBuckets: null,
        },
      ),
    'openSessionRow, by password, of a verified address': (db) =>
      openSessionRow(
        { db, client, mailing },
        {
          proof,
          attemptedId: 1,
          reason: '',
          effects: passwordEffects(attempted)(now, { needsVerified: true }),
          session,
          now,
          ...noticed,
          verificationBuckets: mailBuckets,
        },
      ),
  },
  'sessions/queries': { selectSessions: (db) => selectSessions(db, own) },
  'sessions/refresh': {
    rotateSession: (db) =>
      rotateSession(
        { db, client, mailing },
        {
          sessionId,
          generation: 0,
          now,
          graceSince: now,
          unusedSince: now,
          idleExpiresAt: later,
        },
      ),
  },
  'users/change-profile': {
    updateProfile: (db) => updateProfile({ db, client }, { ...profile, usernameLimit, username: '' }),
    'updateProfile, of metadata': (db) =>
      updateProfile({ db, client }, { ...profile, usernameLimit: null, userMetadata: {} }),
  },
  'users/delete-account': { deleteOwnUser: (db) => deleteOwnUser({ db, client, mailing }, confirmed) },
  'users/register': {
    insertUser: (db) =>
      insertUser(
        { db, client, mailing },
        { ...account, passwordHash: '', session: null, buckets: [bucket], isPrivate: false, now },
      ),
    'insertUser, whose owner is told': (db) =>
      insertUser(
        { db, client, mailing },
        { ...account, passwordHash: '', session: null, buckets: [bucket], isPrivate: true, now },
      ),
    'insertUser, with a session': (db) =>
      insertUser(
        { db, client, mailing },
        { ...account, passwordHash: '', session, buckets: [bucket], isPrivate: false, now },
      ),
  },
}
