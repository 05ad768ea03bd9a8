/**
 * Every permission there is, and what it lets somebody do. A role has some of them; which routes each opens
 * stands on the routes themselves and in docs/authorization.md. A new one comes with a migration that gives
 * it to `admin`.
 */
export const PERMISSIONS = {
  'users:read': 'Find and read accounts.',
  'users:write': 'Change, disable and enable accounts.',
  'users:delete': 'Delete accounts.',
  'sessions:revoke': 'See where somebody is signed in, and sign them out.',
  'roles:read': 'Read the roles.',
  'roles:assign': 'Give roles to people and take them away.',
  'roles:write': 'Create, change and delete roles.',
  'audit:read': 'Read the security events of everybody.',
} as const

export type Permission = keyof typeof PERMISSIONS

/**
 * The permissions that `user` may hold. None of this service's own is among them: each opens other people's
 * accounts, and in the role of everybody who registers one mistaken request would make the whole internet
 * administrators. For a permission of your own that everybody may have, name it here.
 */
export const FOR_EVERYBODY: ReadonlySet<Permission> = new Set()
