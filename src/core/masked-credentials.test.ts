import { expect, it } from "vitest";
import { createRedactor } from "../base/redact.ts";
import { Secret } from "../base/secret.ts";
import type { AccountConfig } from "../engine/config/schema.ts";
import type { CredentialResult, Credentials } from "../engine/accounts/credential.ts";
import { encodeMessage } from "../engine/formats/cursor/wire/schema.ts";
import { maskBody } from "../control/recording/mask-bytes.ts";
import { maskedCredentials } from "./masked-credentials.ts";

const machine = "5".repeat(60) + "0a1b";
const mac = "00000000-0000-4000-8000-00000000000a";
const account = { provider: "cursor", name: "main" } as AccountConfig; // nobody looks at it here

function handsOut(result: CredentialResult): Credentials {
  return {
    get: () => Promise.resolve(result),
    renew: () => Promise.resolve(result),
    status: () => Promise.reject(new Error("not asked")),
    stored: () => [],
    reload: () => Promise.resolve(),
  };
}

it.each(["get", "renew"] as const)(
  "what %s hands out is masked from then on, the machine's ids included",
  async (how) => {
    const redactor = createRedactor();
    const credential = {
      kind: "token",
      secret: new Secret("an-access-token-0123456789"),
      madeFrom: new Secret("the-longer-token-0123456789"),
      machine: { id: new Secret(machine), mac: new Secret(mac) },
      facts: {},
    } as const;
    const credentials = maskedCredentials(handsOut({ ok: true, credential }), redactor);
    const { signal } = new AbortController();
    const body = Buffer.from(encodeMessage("AgentUserMessage", { text: `${machine} at ${mac}`, messageId: "m" }));
    expect((await maskBody(body, "application/proto", redactor)).equals(body)).toBe(true);
    await (how === "get" ? credentials.get(account, signal) : credentials.renew(account, credential, signal));
    const masked = (await maskBody(body, "application/proto", redactor)).toString("latin1");
    expect(masked).not.toContain(machine.slice(0, 30));
    expect(masked).not.toContain(mac);
    expect(masked).toHaveLength(body.byteLength);
    expect(redactor.text("an-access-token-0123456789 the-longer-token-0123456789")).toBe("•••6789 •••6789");
  },
);
