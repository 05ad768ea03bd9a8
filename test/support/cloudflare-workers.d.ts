// The part of the module that tests use. Its own types declare all of workerd's globals, which conflict with
// Node's.
declare module 'cloudflare:workers' {
  export const env: Record<string, unknown>
  export const exports: { default: { fetch(input: Request | string, init?: RequestInit): Promise<Response> } }
}
