import * as z from 'zod/mini'
import { step } from './rules.ts'

// Rules for the variables that say what the accounts and tokens of a deployment contain.

/**
 * Whether requests must have a field of an account, may have it, or can't: then it does not exist for them.
 */
export type Presence = 'required' | 'optional' | 'absent'

/** The fields of an account beside the email address and the password, by their names in JSON. */
export type AccountFields = { readonly username: Presence; readonly full_name: Presence }

/** Distinct words, separated by commas; `none` for an empty list. */
const words = z.pipe(
  z.string(),
  step((text: string, refuse) => {
    const list = text === 'none' ? [] : text.split(/[\s,]+/).filter(Boolean)
    if (text !== 'none' && list.length === 0) refuse('is empty; write none for an empty list')
    if (list.length > 1 && list.includes('none')) refuse('says none beside other names')
    if (new Set(list.map((word) => word.replace(/\?$/, ''))).size < list.length) refuse('repeats a name')
    return list
  }),
)

/** `username, full_name?`: a field with a question mark may be left out. */
export const accountFields = z.pipe(
  words,
  step((list: string[], refuse): AccountFields => {
    const fields: Record<keyof AccountFields, Presence> = { username: 'absent', full_name: 'absent' }
    for (const word of list) {
      const name = word.replace(/\?$/, '')
      if (isField(name)) fields[name] = word === name ? 'required' : 'optional'
      else refuse('takes username and full_name, each with or without a question mark, or none')
    }
    return fields
  }),
)

function isField(name: string): name is keyof AccountFields {
  return name === 'username' || name === 'full_name'
}

const CLAIMS = ['full_name', 'username', 'email', 'roles', 'scope'] as const

/** The claims of access tokens that are for clients and other services. */
export type Claims = {
  readonly names: ReadonlySet<(typeof CLAIMS)[number]>
  /** The top-level members of `app_metadata` that travel in the claim of that name. */
  readonly appMetadata: readonly string[]
}

/** A token has to fit into a header: see `MAX_CLAIM_CHARACTERS` of `sessions/issue-access-token.ts`. */
const MAX_METADATA_CLAIMS = 8

/** `full_name, roles, app_metadata.plan` */
export const claims = z.pipe(
  words,
  step((list: string[], refuse): Claims => {
    const members = list.filter((word) => word.startsWith('app_metadata.'))
    const appMetadata = members.map((word) => word.slice('app_metadata.'.length))
    const names = list.filter((word) => !members.includes(word))
    const isKnown = (name: string): name is (typeof CLAIMS)[number] => CLAIMS.some((known) => known === name)
    if (!names.every(isKnown) || !appMetadata.every((name) => /^(?!__proto__$)[\w-]{1,64}$/.test(name)))
      refuse(`takes ${CLAIMS.join(', ')} and app_metadata.<member>, or none`)
    if (appMetadata.length > MAX_METADATA_CLAIMS)
      refuse(`names more than ${MAX_METADATA_CLAIMS} members of app_metadata`)
    return { names: new Set(names.filter(isKnown)), appMetadata }
  }),
)

/**
 * The name of the product for people. It is in pages, in the names of cookies and in the realm of
 * challenges.
 */
export const productName = z.string().check(
  z.regex(/^(?=.*[\p{L}\p{N}])[^\p{C}\p{Zl}\p{Zp}]{1,40}$/u, {
    error: 'must have 1 to 40 characters, none of them invisible and at least one a letter or digit',
  }),
)
