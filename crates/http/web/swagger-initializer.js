// Starts Swagger UI on the page that embeds it. A file, because the page's policy runs no script
// that is written into it.
window.ui = SwaggerUIBundle({
  dom_id: "#swagger-ui",
  url: "/api/openapi.json",
  deepLinking: true,
  displayOperationId: true,
  // The validator would send the document's address to another host.
  validatorUrl: null,
});
