/** Data of a browser about a ceremony (WebAuthn level 3, section 5.8.1). They are not verified. */
interface ClientData {
  type?: unknown
  challenge?: unknown
  origin?: unknown
  crossOrigin?: unknown
  topOrigin?: unknown
}

/** Reads the client data of a response; an empty object if they are no JSON object. */
export function readClientData(clientDataJSON: string): ClientData {
  try {
    const data: unknown = JSON.parse(Buffer.from(clientDataJSON, 'base64url').toString('utf8'))
    return typeof data === 'object' && data !== null ? data : {}
  } catch {
    return {}
  }
}

/** Returns the challenge that a response signs, unverified; an empty string without one. */
export function unverifiedChallengeIn(response: { response: { clientDataJSON: string } }): string {
  const { challenge } = readClientData(response.response.clientDataJSON)
  return typeof challenge === 'string' ? challenge : ''
}
