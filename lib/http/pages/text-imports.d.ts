// Files that functions import as text (`with { type: 'text' }`) and serve. `plugins/page-files.ts` bundles those of pages.

declare module '*.html' {
  const text: string
  export default text
}

declare module '*.css' {
  const text: string
  export default text
}

declare module '*/page.js' {
  const text: string
  export default text
}

declare module '*/plain.js' {
  const text: string
  export default text
}

declare module '*/demo.js' {
  const text: string
  export default text
}

declare module '*/logout.js' {
  const text: string
  export default text
}

declare module '*/qr.js' {
  const text: string
  export default text
}

declare module '*/refresh.js' {
  const text: string
  export default text
}

declare module '*/federation.js' {
  const text: string
  export default text
}

declare module '*/response.js' {
  const text: string
  export default text
}

declare module '*.min.js' {
  const text: string
  export default text
}

declare module 'swagger-ui-dist/swagger-ui-bundle.js' {
  const text: string
  export default text
}

/** In scripts of pages: whether users sign in by other providers. `plugins/page-files.ts` sets it. */
declare const HAS_FEDERATION: boolean

/** In scripts of pages: whether the application names languages, or has own words. `plugins/page-files.ts` sets it. */
declare const HAS_LANGUAGES: boolean

/** In scripts of pages: whether users sign in by a mail, and may have no password. `plugins/page-files.ts` sets it. */
declare const HAS_MAIL_SIGN_IN: boolean
