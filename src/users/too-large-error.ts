import { type AppError, fieldError } from '../errors.ts'
import { MAX_METADATA_BYTES } from './schema.ts'

/** The error for metadata that would be too large after a change. */
export function tooLargeError(field: 'user_metadata' | 'app_metadata'): AppError {
  const detail = `would have more than ${MAX_METADATA_BYTES} bytes; nothing was changed`
  return fieldError('validation_failed', { pointer: `/${field}`, code: 'too_long', detail })
}
