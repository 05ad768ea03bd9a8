// In a file of its own, since the page's Content-Security-Policy allows no inline script.
const ui = window.SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#docs',
  deepLinking: true,
  displayRequestDuration: true,
  // All operations fit on a page or two; schemas are one click away.
  docExpansion: 'list',
  defaultModelsExpandDepth: 0,
  onComplete() {
    document.title = ui.specSelectors.info().get('title')
  },
})

// Swagger UI has dark colours, but follows a button of its top bar, which is not here.
const dark = window.matchMedia('(prefers-color-scheme: dark)')
const followScheme = () => document.documentElement.classList.toggle('dark-mode', dark.matches)
dark.addEventListener('change', followScheme)
followScheme()
