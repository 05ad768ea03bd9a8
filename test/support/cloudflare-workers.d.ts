// The little of the module that tests use; its own types come with all of workerd's globals, which clash
// with Node's.
declare module 'cloudflare:workers' {
  export const env: Record<string, unknown>
  export const exports: { default: { fetch(input: Request | string, init?: RequestInit): Promise<Response> } }
}
