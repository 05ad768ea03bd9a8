import { getPathNoStrict } from 'hono/utils/url'

/**
 * The path that routes are matched by. It has no trailing slash, so that paths answer with and without one,
 * and what would spell a route's pattern is escaped: the framework's trie finds such a segment twice, as the
 * pattern's own text and as what the pattern stands for. For `/*` it ran all middleware twice, with two
 * request ids and two log lines, and for `/users/me/sessions/:id` the guard, with two queries.
 */
export function literalPath(request: Request): string {
  return getPathNoStrict(request)
    .replaceAll(/\/\*(?=\/|$)/g, '/%2A')
    .replaceAll('/:', '/%3A')
}
