/** The first line of a request as a flow shows it: with the whole address where the path alone would not say enough. */
import type { RequestHead } from "../base/http.ts";

/** `POST /v1/messages`; `POST http://localhost:8000/v1/messages` for what is not HTTPS on its own port. */
export function requestLine({ method, scheme, host, port, target }: RequestHead): string {
  if (scheme === "https" && port === 443) return `${method} ${target}`;
  const name = host.includes(":") ? `[${host}]` : host;
  const isOwnPort = port === (scheme === "https" ? 443 : 80);
  return `${method} ${scheme}://${name}${isOwnPort ? "" : `:${port}`}${target}`;
}
