/** Headers of a service that binds sessions in cookies to devices. */
export const DEVICE_HEADERS = {
  BoundCookie: {
    description: 'Ends in ten minutes. Only the device of the session can renew it.',
    schema: {
      type: 'string',
      pattern:
        '^__Host-bound=[0-9a-f]{8}[.][A-Za-z0-9_-]{43}; Max-Age=600; Path=/; Secure; HttpOnly; SameSite=Strict$',
    },
    example: '__Host-bound=6924c6e8.mac; Max-Age=600; Path=/; Secure; HttpOnly; SameSite=Strict',
  },
  DeviceChallenge: {
    description: 'What the device signs next, and the thumbprint of its key.',
    schema: { type: 'string', pattern: '^"[A-Za-z0-9_-]{22}";id="[A-Za-z0-9_-]{43}"$' },
    example: '"UKUL5zVU5PEezeA9iVmFug";id="oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U"',
  },
  DeviceRegistration: {
    description: 'Asks the browser to bind a session in a cookie to a key of its device.',
    schema: {
      type: 'string',
      pattern: '^\\(ES256 RS256\\);path="[^"]*/sessions/bind";challenge="[A-Za-z0-9_-]{22}"$',
    },
    example: '(ES256 RS256);path="/sessions/bind";challenge="UKUL5zVU5PEezeA9iVmFug"',
  },
}
