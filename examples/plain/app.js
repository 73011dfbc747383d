import { createAuth } from 'http://localhost:3000/client.js'

const API = 'http://localhost:4000'
const auth = createAuth({ url: 'http://localhost:3000', apis: [API] })
const element = (id) => document.getElementById(id)

auth.onChange((user) => {
  element('signed-out').hidden = user !== null
  element('signed-in').hidden = user === null
  element('who').textContent = user && `Signed in as ${user.username}, role ${user.role}`
  element('result').textContent = ''
})

async function get(path) {
  const response = await auth.fetch(API + path)
  return `GET ${path} returned ${response.status}: ${await response.text()}`
}

/** Shows the text that an action results in, or why it failed. */
async function show(action) {
  element('result').textContent = await action.catch((error) => error.message)
}

element('signed-out').onsubmit = (event) => {
  event.preventDefault()
  show(auth.signIn(Object.fromEntries(new FormData(event.target))).then(({ next = '' }) => next))
  event.target.reset()
}
element('content').onclick = () => show(get('/'))
element('admin').onclick = () => show(get('/admin'))
element('sign-out').onclick = () => show(auth.signOut())
// Shows the reason if the service cannot be reached.
show(auth.getAccessToken().then(() => ''))
