// Computes the code of an authenticator app (RFC 6238). Each code is accepted once, so this takes a step after the last one.
const secret = hopp.env.active.get('totpSecret')
const step = Math.max(Math.floor(Date.now() / 30000), Number(hopp.env.active.get('totpStep')) + 1)
const bits = [...secret]
  .map((digit) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(digit).toString(2).padStart(5, '0'))
  .join('')
const bytes = (bits.match(/.{8}/g) ?? ['0']).map((byte) => parseInt(byte, 2))
const message = new Uint8Array(8)
new DataView(message.buffer).setUint32(4, step)
const algorithm = { name: 'HMAC', hash: 'SHA-1' }
const key = await crypto.subtle.importKey('raw', new Uint8Array(bytes), algorithm, false, ['sign'])
const mac = new Uint8Array(await crypto.subtle.sign('HMAC', key, message))
const offset = mac[19] & 15
const number =
  ((mac[offset] & 127) << 24) | (mac[offset + 1] << 16) | (mac[offset + 2] << 8) | mac[offset + 3]
hopp.env.active.set('totpStep', String(step))
hopp.env.active.set('totpCode', String(number % 1000000).padStart(6, '0'))
