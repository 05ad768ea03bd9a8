import { addressFlows } from '../../addresses/flows.ts'
import { administrationFlows } from '../../administration/flows.ts'
import { auditFlows } from '../../audit/flows.ts'
import { mailFlows } from '../../mail/flows.ts'
import { serviceFlows } from '../../operations/flows.ts'
import { passwordFlows } from '../../passwords/flows.ts'
import { roleFlows } from '../../roles/flows.ts'
import { sessionFlows } from '../../sessions/flows.ts'
import { userFlows } from '../../users/flows.ts'
import type { Flow } from './flow.ts'

/** The flows of all slices, in the order of the README's table of routes. */
export const FLOWS: readonly Flow[] = [
  ...userFlows,
  ...passwordFlows,
  ...addressFlows,
  ...sessionFlows,
  ...administrationFlows,
  ...roleFlows,
  ...auditFlows,
  ...serviceFlows,
  ...mailFlows,
]

export const nameOf = ({ route, note }: Flow): string => (note ? `${route} (${note})` : route)
