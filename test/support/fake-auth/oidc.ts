/**
 * A real OAuth server (oidc-provider) on loopback, and a browser for it that says yes to everything. It shows what the
 * hand-written fakes cannot: that our side is understood by somebody else's reading of the standards.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { vi } from "vitest";

export interface OidcServer {
  readonly issuer: string;
  readonly clientId: string;
  /** Follows redirects and submits forms from here on, as somebody who agrees would; ends at `until`, or at a last page. */
  browse(url: string, until: string | null): Promise<string>;
  close(): Promise<void>;
}

const clientId = "switchyard-test";
const deviceGrant = "urn:ietf:params:oauth:grant-type:device_code";
/** Log in, agree, and the redirects between; more is a loop. */
const maxSteps = 20;

export async function startOidcServer(): Promise<OidcServer> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // a TCP listener has an AddressInfo
  const issuer = `http://127.0.0.1:${port}`;
  const loud = silenced();
  const { Provider } = await import("oidc-provider");
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: clientId,
        application_type: "native",
        token_endpoint_auth_method: "none",
        // Any port, as RFC 8252 §7.3 wants it for native clients.
        redirect_uris: ["http://127.0.0.1/callback"],
        grant_types: ["authorization_code", "refresh_token", deviceGrant],
        response_types: ["code"],
      },
    ],
    features: { devInteractions: { enabled: true }, deviceFlow: { enabled: true } },
    issueRefreshToken: () => true,
    rotateRefreshToken: true,
    cookies: { keys: ["a key for these tests"] },
  });
  const answer = provider.callback();
  server.on("request", (request, reply) => void answer(request, reply));
  return {
    issuer,
    clientId,
    browse,
    close: () =>
      new Promise((resolve) => {
        loud();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** It warns about its development defaults, on purpose used here; everything else still gets through. */
function silenced(): () => void {
  const spies = (["warn", "info"] as const).map((level) => {
    const original: unknown = Reflect.get(console, level);
    return vi.spyOn(console, level).mockImplementation((...words: unknown[]) => {
      const isIts = String(words[0]).includes("oidc-provider");
      if (!isIts && typeof original === "function") Reflect.apply(original, console, words);
    });
  });
  return () => {
    for (const spy of spies) spy.mockRestore();
  };
}

async function browse(start: string, until: string | null): Promise<string> {
  const cookies = new Map<string, string>();
  let url = start;
  let form: URLSearchParams | null = null;
  for (let step = 0; step < maxSteps; step += 1) {
    if (until !== null && url.startsWith(until)) return url;
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const page: Response = await fetch(url, {
      redirect: "manual",
      headers: { cookie },
      ...(form === null ? {} : { method: "POST", body: form }),
    });
    for (const line of page.headers.getSetCookie()) {
      const [name = "", value = ""] = (line.split(";")[0] ?? "").split(/=(.*)/s);
      cookies.set(name, value);
    }
    const location = page.headers.get("location");
    const text = await page.text();
    if (page.status >= 400) throw new Error(`${url} said ${page.status}: ${text.slice(0, 400)}`);
    if (location !== null) {
      url = new URL(location, url).href;
      form = null;
      continue;
    }
    const found = formIn(text);
    if (found === null) return text;
    ({ form } = found);
    url = new URL(found.action ?? url, url).href;
  }
  throw new Error(`no end after ${maxSteps} pages, at ${url}`);
}

function formIn(page: string): { readonly action: string | null; readonly form: URLSearchParams } | null {
  const whole = /<form[^>]*>[\s\S]*?<\/form>/.exec(page)?.[0];
  if (whole === undefined) return null;
  const form = new URLSearchParams();
  for (const [input] of whole.matchAll(/<input[^>]*>/g)) {
    const name = /name="([^"]*)"/.exec(input)?.[1];
    if (name !== undefined) form.set(name, /value="([^"]*)"/.exec(input)?.[1] ?? "ada");
  }
  // The page asks twice whether this is the right device; the button that says yes has no name of its own.
  return { action: /action="([^"]*)"/.exec(whole)?.[1] ?? null, form };
}
