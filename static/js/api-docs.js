// The page /api/v1/docs/: Swagger UI over our own description, with the CSRF token for people who are logged in.
"use strict";

const place = document.getElementById("api");
const cookie = place.dataset.csrfCookie;

function csrfToken() {
  const entry = document.cookie.split("; ").find((part) => part.startsWith(`${cookie}=`));
  return entry ? decodeURIComponent(entry.slice(cookie.length + 1)) : "";
}

window.SwaggerUIBundle({
  url: place.dataset.schema,
  dom_id: "#api",
  presets: [window.SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
  deepLinking: true,
  validatorUrl: null,
  requestInterceptor(request) {
    const token = csrfToken();
    if (token && request.method === "POST") request.headers["X-CSRFToken"] = token;
    return request;
  },
});
