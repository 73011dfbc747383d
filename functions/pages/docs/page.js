// Swagger UI leaves the choice of colours to a switch that only its larger layout has.
const dark = matchMedia('(prefers-color-scheme: dark)')
const follow = () => document.documentElement.classList.toggle('dark-mode', dark.matches)
dark.addEventListener('change', follow)
follow()

// What it leaves without a name, for those who listen to the page.
const NAMES = {
  '#servers': 'Server',
  '.examples-select-element': 'Example',
  '.body-param__text': 'Request body',
  '.close-modal': 'Close',
}
// What of it is a part of the page, for the same, and by what name.
const REGIONS = { '.information-container': 'About', '.scheme-container': 'Server and authorization' }
const nameAll = () => {
  for (const [selector, name] of Object.entries({ ...NAMES, ...REGIONS })) {
    for (const found of document.querySelectorAll(selector)) found.setAttribute('aria-label', name)
  }
  for (const region of document.querySelectorAll(Object.keys(REGIONS).join()))
    region.setAttribute('role', 'region')
  // Named otherwise than they read, in the dialog; and tables that are regions, but no tables.
  for (const button of document.querySelectorAll('.modal-btn')) button.removeAttribute('aria-label')
  for (const table of document.querySelectorAll('.responses-table')) table.removeAttribute('role')
  // It leaves levels out, down and up.
  let above = 0
  for (const heading of document.querySelectorAll('h1, h2, h3, h4, h5, h6')) {
    above = Math.min(Number(heading.localName.slice(1)), above + 1)
    heading.setAttribute('aria-level', String(above))
  }
}
new MutationObserver(nameAll).observe(document.body, { childList: true, subtree: true })

SwaggerUIBundle({
  url: 'openapi.json',
  dom_id: '#swagger-ui',
  // Off stays `deepLinking`, which puts a link into the button that opens a route.
  defaultModelsExpandDepth: 0,
  syntaxHighlight: { theme: 'obsidian' },
  // Else it would ask another origin whether the description is valid.
  validatorUrl: null,
})
