export const handler = async (event) => {
  if (event.triggerSource !== 'UserMigration_Authentication') throw new Error('Sign in first.')
  const body = JSON.stringify({ username: event.userName, password: event.request.password })
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(`${process.env.API}/login`, { method: 'POST', headers, body })
  if (response.status !== 200) throw new Error('Wrong username or password.')
  event.response.userAttributes = { email: event.userName, email_verified: 'true' }
  event.response.finalUserStatus = 'CONFIRMED'
  event.response.messageAction = 'SUPPRESS'
  return event
}
