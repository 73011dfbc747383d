// The plugin writes this file from `scopes` of the functions, before each command of `sls`. A test compares it.

/** A scope that a function demands of clients. Another name in a handler does not compile. */
export type Scope = never
