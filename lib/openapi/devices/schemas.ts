import { object, text } from '../json-schema.ts'
import { RESPONSES } from '../schemas.ts'

const { Session } = RESPONSES

/** Whether a session is bound. */
export const DEVICE_BOUND = {
  deviceBound: {
    type: 'boolean',
    const: true,
    description: 'Only the device that signed in can continue the session. Missing for other sessions.',
  },
}

/** Schemas of a service that binds sessions in cookies to devices. */
export const DEVICE_SCHEMAS = {
  Session: {
    ...Session,
    properties: {
      ...Session.properties,
      ...DEVICE_BOUND,
    },
  },
  DeviceInstructions: object(
    'The instructions of a browser for a session of its device.',
    {
      session_identifier: text(
        'The thumbprint of the key (RFC 7638). Of a session that is over, what the browser has asked for.',
      ),
      continue: { type: 'boolean', const: false, description: 'The session is over.' },
      refresh_url: text('Where the browser renews the cookie.'),
      scope: { type: 'object', description: 'The requests that wait for the cookie.' },
      credentials: { type: 'array', items: { type: 'object' }, description: 'The cookie.' },
      allowed_refresh_initiators: {
        type: 'array',
        items: { type: 'string' },
        description: 'Hosts of other pages that may use the session.',
      },
    },
    ['continue', 'refresh_url', 'scope', 'credentials', 'allowed_refresh_initiators'],
  ),
}
