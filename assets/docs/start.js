// In a file of its own, since the page's Content-Security-Policy allows no inline script.
window.SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#docs',
  deepLinking: true,
  displayRequestDuration: true,
  // All operations fit on a page or two; schemas are one click away.
  docExpansion: 'list',
  defaultModelsExpandDepth: 0,
})
