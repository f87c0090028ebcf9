/** Names that do not resolve, resolve late, to dead addresses, or to another's: said clearly, and no account is blamed. */
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fetch as undiciFetch } from "undici";
import { createFakeCa } from "../../support/fake-ca.ts";
import { host, secondHost } from "../../support/fixture.ts";
import { undiciThrough } from "../../support/proxy-clients.ts";
import { createOpened } from "../../support/opened.ts";
import { tempFolder } from "../../support/temp.ts";
import type { BoardCase } from "../board/case.ts";
import { createHome } from "../process/core-home.ts";

/** What the name of the provider does. `answered`: a call is, all the same. */
const troubles: Readonly<Record<string, { readonly name: object; readonly answered: boolean }>> = {
  ENOTFOUND: { name: { error: "ENOTFOUND" }, answered: false },
  EAI_AGAIN: { name: { error: "EAI_AGAIN" }, answered: false },
  "an answer that takes too long": { name: { addresses: ["127.0.0.1"], delayMs: 8_000 }, answered: false },
  "no address at all": { name: { addresses: [] }, answered: false },
  "a dead IPv6 address before a live one": { name: { addresses: ["::1", "127.0.0.1"] }, answered: true },
};
const good = { addresses: ["127.0.0.1"] };
const connectMs = 2_000;

export const dnsCase: BoardCase = {
  id: "dns",
  title: "name failures that are not told in the client's dialect, cost an account, or disturb other calls",
  aim: "0",
  peers: [],
  remark:
    "the peers have no accounts and no dialects; what they do with a private address is S7. Answers that flip between addresses: the address that was checked is the one that is dialled.",
  async run({ say }) {
    const opened = createOpened();
    const details: string[] = [];
    let calls = 0;
    try {
      const ca = opened.add(createFakeCa());
      const names = ["api.fault.test", "api.well.test", host, secondHost];
      const { key, cert } = ca.issue(names);
      const server = createServer({ key, cert }, (request, reply) => {
        request.resume();
        // Every call needs the name anew.
        reply.writeHead(200, { "content-type": "application/json", connection: "close" });
        const message = { role: "assistant", content: "hello" };
        const choices = [{ index: 0, message, finish_reason: "stop" }];
        reply.end(JSON.stringify({ id: "c1", object: "chat.completion", created: 1, model: "m", choices }));
      });
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
      opened.later(() => {
        server.closeAllConnections();
        server.close();
      });
      const { port } = server.address() as AddressInfo; // a TCP listener has an AddressInfo
      const folder = opened.add(tempFolder("dns"));
      const behave = (name: object): string =>
        folder.file(
          "dns.json",
          JSON.stringify({
            "fault.test": name,
            "well.test": good,
            // Never asked where the first answer is the one that counts: the second is what an attacker wants dialled.
            [secondHost]: { flip: ["127.0.0.1", "169.254.169.254"] },
          }),
        );
      const preload = new URL("../process/dns-preload.mjs", import.meta.url).href;
      const home = opened.add(
        await createHome({
          trust: ca.file,
          env: { NODE_OPTIONS: `--import ${preload}`, FAULT_DNS: behave(good) },
          config: {
            upstream: {
              connect_to: {
                "api.fault.test:443": `fault.test:${port}`,
                "api.well.test:443": `well.test:${port}`,
                [`${host}:443`]: `fault.test:${port}`,
              },
              timeouts: { connect_ms: connectMs },
            },
            providers: {
              fault: { type: "openai-compatible", endpoint: "https://api.fault.test/v1", auth_type: "api_key" },
              well: { type: "openai-compatible", endpoint: "https://api.well.test/v1", auth_type: "api_key" },
            },
            accounts: [
              { provider: "fault", name: "main", api_key: "sk-canary-fault-0000000" },
              { provider: "well", name: "main", api_key: "sk-canary-well-00000000" },
            ],
            routes: [{ match: { host, model: "claude-rerouted" }, to: "fault/m" }],
          },
        }),
      );
      const core = await home.start();
      const dispatcher = undiciThrough(core);
      opened.later(() => dispatcher.close());
      const state = JSON.parse(readFileSync(join(home.path, "state.json"), "utf8")) as { readonly clientKey: string }; // as state.ts writes it

      const messages = [{ role: "user", content: "hi" }];
      const proxied = async (model: string): Promise<Told> =>
        told(
          await undiciFetch(`https://${host}/v1/messages`, {
            method: "POST",
            dispatcher,
            headers: { "content-type": "application/json", "x-api-key": "sk-own" },
            body: JSON.stringify({ model, max_tokens: 9, messages }),
          }),
        );
      const gateway = async (model: string): Promise<Told> =>
        told(
          await fetch(`${core.url}/v1/chat/completions`, {
            method: "POST",
            headers: { "content-type": "application/json", authorization: `Bearer ${state.clientKey}` },
            body: JSON.stringify({ model, messages }),
          }),
        );

      for (const [label, { name, answered }] of Object.entries(troubles)) {
        behave(name);
        const [rerouted, passed, own, other] = await Promise.all([
          proxied("claude-rerouted"),
          proxied("claude-passed-on"),
          gateway("fault/m"),
          gateway("well/m"),
        ]);
        calls += 4;
        if (other.status !== 200)
          details.push(`${label}: another provider's call is told ${other.status} ${other.text}`);
        for (const [way, reply, dialect] of [
          ["rerouted", rerouted, /^\{"type":"error","error":\{"type":"\w+","message":"/],
          ["passed on", passed, /^\{"type":"error","error":\{"type":"\w+","message":"/],
          ["gateway", own, /^\{"error":\{/],
        ] as const) {
          if (answered) {
            if (reply.status !== 200) details.push(`${label}, ${way}: ${reply.status} ${reply.text}`);
          } else if (reply.status < 500 || !dialect.test(reply.text.replaceAll(/\s*\n\s*/g, ""))) {
            details.push(`${label}, ${way}: not in its dialect: ${reply.status} ${reply.text}`);
          } else if (!/resolve|did not answer|address|reach/.test(reply.text)) {
            details.push(`${label}, ${way}: does not say what happened: ${reply.text}`);
          }
        }
        const accounts = await home.cli("accounts", "list", "--json");
        if (/"cooldowns":\s*\[\s*\{/.test(accounts.stdout))
          details.push(`${label}: an account cools: ${accounts.stdout}`);
        behave(good);
        const [again, gatewayAgain] = await Promise.all([proxied("claude-rerouted"), gateway("fault/m")]);
        calls += 2;
        if (again.status !== 200 || gatewayAgain.status !== 200)
          details.push(`${label}: with the name back: ${again.status}, ${gatewayAgain.status} ${gatewayAgain.text}`);
        say(`${label}: ${details.length} faults so far`);
      }
      for (let count = 0; count < 6; count += 1) {
        const reply = await undiciFetch(`https://${secondHost}/v1/models`, { dispatcher }).then(told);
        calls += 1;
        if (reply.status !== 502 && reply.status !== 403)
          details.push(`a name that flips to a private address: ${reply.status} ${reply.text}`);
        if (!/refused|private|metadata/.test(reply.text)) details.push(`it does not say why: ${reply.text}`);
      }
      if (!core.isAlive()) details.push("the core died");
    } finally {
      await opened.closeAll();
    }
    return { figure: `${details.length} in ${calls} calls`, kept: details.length === 0, details };
  },
};

interface Told {
  readonly status: number;
  readonly text: string;
}

async function told(reply: { readonly status: number; text(): Promise<string> }): Promise<Told> {
  return { status: reply.status, text: await reply.text() };
}
