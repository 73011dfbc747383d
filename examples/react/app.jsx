import { use, useState, useSyncExternalStore } from 'react'
import { createRoot } from 'react-dom/client'
import { createAuth } from '../../client/client.js'

const API = 'http://localhost:4000'
const auth = createAuth({ url: 'http://localhost:3000', apis: [API] })
const messageOf = (error) => error.message
const failure = auth.getAccessToken().then(() => '', messageOf)
async function get(path) {
  const response = await auth.fetch(API + path)
  return `GET ${path} returned ${response.status}: ${await response.text()}`
}

const Field = (props) => (
  <label>
    {props.label} <input required {...props} />
  </label>
)
const Button = (props) => <button type="button" {...props} />

/** Shows the form, or the user with what the buttons returned. */
function Account({ user }) {
  const [text, setText] = useState('')
  const show = (action) => action.catch(messageOf).then(setText)
  return user === null ? (
    <form action={(form) => show(auth.signIn(Object.fromEntries(form)).then(({ next = '' }) => next))}>
      <Field label="Username" name="username" autoComplete="username" />
      <Field label="Password" name="password" type="password" autoComplete="current-password" />
      <button type="submit">Sign in</button> <output>{text}</output>
    </form>
  ) : (
    <div>
      <p>
        Signed in as {user.username}, role {user.role}
      </p>
      <Button onClick={() => show(get('/'))}>Get content</Button>{' '}
      <Button onClick={() => show(get('/admin'))}>Get admin content</Button>{' '}
      <Button onClick={() => show(auth.signOut())}>Sign out</Button> <output>{text}</output>
    </div>
  )
}

function App() {
  const user = useSyncExternalStore(auth.onChange, () => auth.user)
  // Undefined while it is not known whether there is a session. With a key, no text of one user is shown to the next.
  const text = use(failure)
  return user === undefined ? text : <Account key={user?.id} user={user} />
}
createRoot(document.getElementById('app')).render(<App />)
