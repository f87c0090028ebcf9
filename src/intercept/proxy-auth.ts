/**
 * Who may use the proxy. `reroute`: anyone on this machine may pass through, but only a caller with the per-install
 * token (in the proxy URL that `switchyard run` and `env` hand out) may spend stored credentials.
 */
import type { Secret } from "../base/secret.ts";

export type ProxyAuthMode = "reroute" | "always" | "off";

export interface ProxyAuthority {
  /** `proven`: stored credentials may be used. `anonymous`: pass-through only. `required`: answer 407. */
  check(header: string | undefined): "proven" | "anonymous" | "required";
  readonly explanation: string;
}

export function createProxyAuthority(mode: () => ProxyAuthMode, token: Secret): ProxyAuthority {
  return {
    check(header) {
      const now = mode();
      if (now === "off" || hasToken(header, token)) return "proven";
      return now === "always" ? "required" : "anonymous";
    },
    explanation:
      "this proxy asks for its token. Start the client with `switchyard run -- COMMAND`, " +
      'or set its variables with `eval "$(switchyard env)"`.',
  };
}

function hasToken(header: string | undefined, token: Secret): boolean {
  const encoded = /^basic +([A-Za-z0-9+/=_-]+)$/i.exec(header ?? "")?.[1];
  if (encoded === undefined) return false;
  const text = Buffer.from(encoded, "base64").toString("latin1");
  const colon = text.indexOf(":");
  return colon !== -1 && token.equals(text.slice(colon + 1));
}
