// Files that functions import as text (`with { type: 'text' }`) and serve.

declare module '*/page.html' {
  const text: string
  export default text
}

declare module '*/page.css' {
  const text: string
  export default text
}

declare module '*/page.js' {
  const text: string
  export default text
}

declare module '*/demo.css' {
  const text: string
  export default text
}

declare module '*/demo.js' {
  const text: string
  export default text
}

declare module '*/create-account.js' {
  const text: string
  export default text
}

declare module '*/form.js' {
  const text: string
  export default text
}

declare module '*/address.js' {
  const text: string
  export default text
}

declare module '*.min.js' {
  const text: string
  export default text
}

declare module '*/dialogs.html' {
  const text: string
  export default text
}

declare module '*/enrolment.html' {
  const text: string
  export default text
}

declare module '*/dialogs.js' {
  const text: string
  export default text
}

declare module '*/second-factor.js' {
  const text: string
  export default text
}

declare module '*/set-up.js' {
  const text: string
  export default text
}

declare module '*/enrolment.js' {
  const text: string
  export default text
}

declare module '*/change.js' {
  const text: string
  export default text
}

declare module '*/factors.js' {
  const text: string
  export default text
}

declare module '*/next.js' {
  const text: string
  export default text
}

declare module '*/sessions.js' {
  const text: string
  export default text
}

declare module 'swagger-ui-dist/swagger-ui.css' {
  const text: string
  export default text
}

declare module 'swagger-ui-dist/swagger-ui-bundle.js' {
  const text: string
  export default text
}
