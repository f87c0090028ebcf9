/** Logins on real sockets for tests: time moved by hand, the internet led to the fakes, a browser that says yes. */
import { expect } from "vitest";
import type { LoginJson, NewLoginJson } from "../../../../base/controls-engine.ts";
import { systemRandom } from "../../../../base/random.ts";
import { Secret } from "../../../../base/secret.ts";
import type { Opened } from "../../../../../test/support/opened.ts";
import { waitFor } from "../../../../../test/support/wait.ts";
import { createFakeTime, createTestSend } from "../../../../../test/support/fake-auth/index.ts";
import type { OAuthConfig } from "../../../config/schema.ts";
import { createLogins, type FinishedLogin, type LoginResult } from "../login.ts";

/** Made up; the fakes that want one are told the same. */
export const clientSecret = "made-up-client-secret-for-tests";

export const withSecret = (service: string): Readonly<Record<string, OAuthConfig>> => ({
  [service]: { clientSecret: new Secret(clientSecret) },
});

interface RigOptions {
  readonly hosts?: Readonly<Record<string, number>>;
  readonly config?: Readonly<Record<string, OAuthConfig>>;
  readonly save?: (login: FinishedLogin) => Promise<void>;
}

export function createRig(opened: Opened, { hosts = {}, config = {}, save }: RigOptions) {
  const time = createFakeTime();
  const saved: FinishedLogin[] = [];
  const { send, asked } = createTestSend(hosts);
  const logins = createLogins({
    send,
    clock: time.clock,
    after: time.after,
    random: systemRandom,
    oauth: () => ({ config, file: {} }),
    save: save ?? ((login) => Promise.resolve(void saved.push(login))),
  });
  opened.later(() => logins.close());
  return { time, saved, asked, logins };
}

type Rig = ReturnType<typeof createRig>;

export const wish = (provider: string, more: Partial<NewLoginJson> = {}): NewLoginJson => ({
  provider,
  name: "mine",
  acceptTerms: true,
  ...more,
});

export function begun(result: LoginResult): LoginJson {
  if (!result.ok) throw new Error(`refused: ${result.message}`);
  return result.login;
}

export function ended({ logins }: Rig, id: string): Promise<LoginJson> {
  return waitFor("the login's end", () => {
    const login = begun(logins.get(id));
    return login.state === "waiting" ? null : login;
  });
}

/** Lets time run while a login polls, as far as its next look. */
export async function untilEnded(used: Rig, id: string): Promise<LoginJson> {
  return waitFor("the login's end", () => {
    const login = begun(used.logins.get(id));
    if (login.state !== "waiting") return login;
    // Deadlines of questions under way are longer than any pause between them.
    const next = used.time.waits[0];
    if (next !== undefined && next <= 15_000) used.time.advance(next);
    return null;
  });
}

/** What a browser does whose user says yes: our page at the service, then wherever that sends it. */
export async function goOn(url: string, port: number): Promise<string> {
  const { pathname, search } = new URL(url);
  const page = await fetch(`http://127.0.0.1:${port}${pathname}${search}`, { redirect: "manual" });
  const location = page.headers.get("location");
  if (location === null) throw new Error(`the page said ${page.status}: ${await page.text()}`);
  return location;
}

export async function browse(url: string, port: number): Promise<void> {
  const back = await goOn(url, port);
  const page = await fetch(back.replace("//localhost", "//127.0.0.1"));
  expect(page.status).toBe(200);
}
