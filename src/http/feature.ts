import * as z from 'zod/mini'
import type { Feature } from '../features/feature.ts'
import { origin } from '../features/rules.ts'

const productName = z.string().check(
  z.regex(/^(?!.*(?:\p{Default_Ignorable_Code_Point}|=\?))(?=.*[\p{L}\p{N}])[^\p{C}\p{Zl}\p{Zp}]{1,40}$/u, {
    error: 'must have 1 to 40 characters, none of them invisible and at least one a letter or digit',
  }),
)

export const http = {
  variables: {
    PUBLIC_URL: {
      rule: origin,
      unit: 'origin',
      required: true,
      reason: 'where clients reach this server; the issuer of its tokens. https off loopback',
    },
    PRODUCT_NAME: {
      rule: productName,
      unit: '1 to 40 characters',
      default: 'LumaScope',
      reason:
        'in the documentation and pages, in the realm of 401s, among the words that no password may ' +
        'consist of, and in small letters in the names of cookies: changing it later signs browsers out',
    },
  },
  errors: {
    malformed_request: {
      status: 400,
      title: 'The request can not be read',
      advice: 'The body is not valid JSON, form data or UTF-8. Check how it is encoded.',
    },
    https_required: {
      status: 403,
      title: 'Only https is served',
      advice: 'Change the URL to https. What was sent over http could be read by others: replace it.',
    },
    not_found: {
      status: 404,
      title: 'Not found',
      advice: 'Nothing is here, or not for you. Check the path and id.',
    },
    method_not_allowed: {
      status: 405,
      title: 'The method is not allowed',
      advice: 'The path exists, but not for this method. The Allow header lists those it has.',
    },
    request_timeout: {
      status: 408,
      title: 'The request took too long',
      advice: 'It did not arrive in time and was not acted upon. Send it again on another connection.',
    },
    payload_too_large: {
      status: 413,
      title: 'The request is too large',
      advice: 'A body may have 16 KiB at most.',
    },
    unsupported_media_type: {
      status: 415,
      title: 'The content type is not supported',
      advice: 'Set Content-Type to one that the operation lists, usually application/json.',
    },
    validation_failed: {
      status: 422,
      title: 'The request is not valid',
      advice: 'The errors member names each member of the request that is wrong, and why.',
    },
    headers_too_large: {
      status: 431,
      title: 'The headers are too large',
      advice:
        'All headers together may have 16 KiB at most. Cookies of this site are the usual reason: clear ' +
        'them.',
    },
    internal_error: {
      status: 500,
      title: 'Something went wrong here',
      advice: 'The fault is ours. Quote the request id when you report it.',
    },
  },
} as const satisfies Feature
