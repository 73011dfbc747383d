import { escapeHtml } from '../../lib/http/escape.ts'

/** Headers of all responses of the local provider. */
export const PROVIDER_HEADERS = {
  'Cache-Control': 'no-store',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
}

/** Returns the page that asks for a name. It loads nothing, and runs no script. */
export function askPage(query: URLSearchParams): string {
  const action = escapeHtml(`?${query}`)
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Sign in at Demo</title>
<link rel="icon" href="data:,">
<style>body { max-width: 34rem; margin: 3rem auto; padding: 0 1rem; font: 1.125rem/1.5 system-ui } input, button { font: inherit; min-height: 2.75rem; padding: 0 0.75rem }</style>
</head>
<body>
<main>
<h1>Sign in at Demo</h1>
<p>This stand-in for an identity provider exists on your machine only. Type any name. A name with an @ is an address that Demo does not run.</p>
<form method="post" action="${action}">
<p><label for="name">Name</label> <input id="name" name="name" autocomplete="off" autocapitalize="none" spellcheck="false" required autofocus></p>
<p><button>Continue</button></p>
</form>
<form method="post" action="${action}"><p><button>Cancel</button></p></form>
</main>
</body>
</html>
`
}
