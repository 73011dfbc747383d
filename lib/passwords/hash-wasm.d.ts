/** The part of `hash-wasm` with only argon2, for which the package has no types. */
declare module 'hash-wasm/dist/argon2.umd.min.js' {
  const hashWasm: Pick<typeof import('hash-wasm'), 'argon2id' | 'argon2i'>
  export default hashWasm
}
