import type { TABLES } from '../../../src/features.ts'
import type { Sent } from '../../support/requests-as.ts'
import type { World } from './world.ts'

/** A request, ready to be sent, and what is true once it was done. */
export type Prepared = {
  request: [path: string, init?: Sent]
  /** Fails unless what the request asks for has happened. Called after success and after a retry. */
  holds?: () => Promise<void>
}

/** The tables of the product, by their names in PostgreSQL. */
export type TableName = (typeof TABLES)[keyof typeof TABLES]['_']['name']

/** One way of using a route. `runCase` tries it with every fault at every request that it sends elsewhere. */
export type Flow = {
  /** As `docs/authorization.md` names it: `DELETE /users/{id}`. */
  route: `${'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'} /${string}`
  /** How it differs from other flows of the route. */
  note?: string
  /** Without a fault. */
  status: number
  /** Whether it needs no other server: no fault can meet it. */
  asksNobody?: boolean
  /** Variables of its application, such as a limit that it meets. */
  variables?: Record<string, string>
  /** Makes the people, sessions and roles that the request is about, and the request. */
  given: (world: World) => Promise<Prepared>
  /** What the same request does after it was done and its answer got lost. Default: nothing more. */
  repeated?: {
    /** Default: as the first time. */
    status?: number
    /** How many rows it adds to which table, because it is done again. */
    adds?: Partial<Record<TableName, number>>
    /** Tables whose rows a repetition changes again. */
    changes?: TableName[]
  }
  /** Tables whose rows a retry after a failure may lack, because a later request writes them. */
  postponed?: TableName[]
}
