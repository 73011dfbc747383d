declare module 'openapi-fuzzer-core' {
  interface Fuzzed {
    name: string
    request: {
      pathParams?: Record<string, unknown>
      queryParams?: Record<string, unknown>
      body?: unknown
    }
  }
  const fuzzer: { swagger(document: object): Fuzzed[] }
  export default fuzzer
}
