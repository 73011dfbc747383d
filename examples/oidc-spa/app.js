import { UserManager } from 'oidc-client-ts'

const SERVICE = 'http://localhost:3000'
const PAGE = `${location.origin}/`
const manager = new UserManager({
  authority: SERVICE,
  client_id: 'demo-browser',
  redirect_uri: PAGE,
  scope: 'openid profile',
  // The id_token has only the user's id. The name is at /userinfo.
  loadUserInfo: true,
})
const element = (id) => document.getElementById(id)

async function showUser() {
  const user = await manager.getUser()
  element('sign-in').hidden = user !== null
  element('signed-in').hidden = user === null
  element('who').textContent = user && `Signed in as ${user.profile.preferred_username}`
}

/** Shows the text that an action results in, or why it failed. */
async function show(action) {
  element('result').textContent = await action().catch(async (error) => {
    // The user has signed out at the service, for example.
    if (error.error === 'invalid_grant') await manager.removeUser()
    return error.message
  })
  await showUser()
}

// The library also refreshes by itself, a minute before the access token expires.
manager.events.addSilentRenewError((error) => show(() => Promise.reject(error)))

/** Completes a sign-in, if the service has led back to this page. */
async function complete() {
  if (!new URLSearchParams(location.search).has('state')) return ''
  const url = location.href
  // A reload must not use the code a second time.
  history.replaceState(null, '', PAGE)
  await manager.signinRedirectCallback(url)
  return ''
}

async function userinfo() {
  const { access_token } = await manager.getUser()
  const response = await fetch(`${SERVICE}/userinfo`, {
    headers: { Authorization: `Bearer ${access_token}` },
  })
  return `GET /userinfo returned ${response.status}: ${await response.text()}`
}

async function refresh() {
  const { expires_at } = await manager.signinSilent()
  return `The access token is valid until ${new Date(expires_at * 1000).toLocaleTimeString()}.`
}

element('sign-in').onclick = () => show(() => manager.signinRedirect())
element('userinfo').onclick = () => show(userinfo)
element('refresh').onclick = () => show(refresh)
element('sign-out').onclick = () => show(() => manager.removeUser())
show(complete)
