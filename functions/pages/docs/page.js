// Swagger UI takes its dark colours from a class, and has a switch for it only in another layout.
const dark = matchMedia('(prefers-color-scheme: dark)')
const follow = () => document.documentElement.classList.toggle('dark-mode', dark.matches)
dark.addEventListener('change', follow)
follow()

// Labels that Swagger UI lacks, for screen readers.
const NAMES = {
  '#servers': 'Server',
  '.examples-select-element': 'Example',
  '.body-param__text': 'Request body',
  '.close-modal': 'Close',
}
// Landmarks that Swagger UI lacks, for screen readers.
const REGIONS = { '.information-container': 'About', '.scheme-container': 'Server and authorization' }
const nameAll = () => {
  for (const [selector, name] of Object.entries({ ...NAMES, ...REGIONS })) {
    for (const found of document.querySelectorAll(selector)) found.setAttribute('aria-label', name)
  }
  for (const region of document.querySelectorAll(Object.keys(REGIONS).join()))
    region.setAttribute('role', 'region')
  // In the dialog, labels differ from the visible text. Some tables have the role of a region.
  for (const button of document.querySelectorAll('.modal-btn')) button.removeAttribute('aria-label')
  for (const table of document.querySelectorAll('.responses-table')) table.removeAttribute('role')
  // Swagger UI skips heading levels.
  let above = 0
  for (const heading of document.querySelectorAll('h1, h2, h3, h4, h5, h6')) {
    above = Math.min(Number(heading.localName.slice(1)), above + 1)
    heading.setAttribute('aria-level', String(above))
  }
}
new MutationObserver(nameAll).observe(document.body, { childList: true, subtree: true })

// Uses the access token of POST /login and POST /refresh for the next requests. It stays in memory.
function authorizeWith(response) {
  const { authToken } = Object(response.body)
  if (response.ok && authToken) ui.preauthorizeApiKey('accessToken', authToken)
  return response
}

const ui = SwaggerUIBundle({
  url: 'openapi.json',
  dom_id: '#swagger-ui',
  // `deepLinking` stays off: it puts a link into the button that opens a route.
  defaultModelsExpandDepth: 0,
  syntaxHighlight: { theme: 'obsidian' },
  // By default it sends the URL of the description to a validator at another origin.
  validatorUrl: null,
  responseInterceptor: authorizeWith,
})
