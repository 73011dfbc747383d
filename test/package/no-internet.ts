import dns from 'node:dns'

// A process that loads this module finds no host but its own machine, as without the internet.

const { lookup } = dns

function lookupHere(host: string, ...rest: unknown[]): void {
  const fail = () => Object(rest.at(-1))(Object.assign(new Error(`no ${host}`), { code: 'ENOTFOUND' }))
  if (/^(localhost|127\.0\.0\.1|::1)$/.test(host)) Reflect.apply(lookup, dns, [host, ...rest])
  else process.nextTick(fail)
}

Object.assign(dns, { lookup: lookupHere })
