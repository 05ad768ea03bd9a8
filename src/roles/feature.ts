import type { Feature } from '../features/feature.ts'
import { rolePermissions, roles as table, userRoles } from './schema.ts'

export const roles = {
  tables: { roles: table, rolePermissions, userRoles },
  errors: {
    last_admin: {
      status: 409,
      title: 'The last administrator stays',
      advice: 'The change would leave no enabled administrator. Appoint another one first.',
    },
    role_in_use: {
      status: 409,
      title: 'The role is in use',
      advice: 'Take it from everybody who has it first.',
    },
    role_exists: {
      status: 409,
      title: 'The role exists',
      advice: 'Choose another name, or change that role.',
    },
  },
  events: {
    roles_changed: {
      meaning: 'The roles named in `details` were given and taken away.',
      byOperators: true,
    },
    role_changed: { meaning: 'The role named in `details` was created or changed.' },
    role_deleted: { meaning: 'The role named in `details` was deleted.' },
  },
  permissions: {
    'roles:read': 'Read the roles.',
    'roles:assign': 'Give roles to people and take them away.',
    'roles:write': 'Create, change and delete roles.',
  },
} as const satisfies Feature
