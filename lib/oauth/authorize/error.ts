/** The error of a request, which its client gets (RFC 6749 section 4.1.2.1). */
export interface AuthorizationError {
  error: string
  /** For the client's developer. It has nothing of the request. */
  description: string
}

export const LOGIN_REQUIRED: AuthorizationError = {
  error: 'login_required',
  description: 'The user must sign in.',
}
