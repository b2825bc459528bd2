// SPDX-License-Identifier: ISC
// Starts Swagger UI on our own document. No validator: it would send the document to another host.
window.ui = SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  displayRequestDuration: true,
  tryItOutEnabled: true,
  validatorUrl: null,
  onComplete() {
    document.getElementById('servers')?.setAttribute('aria-label', 'Server'); // it comes without a label
  },
});
