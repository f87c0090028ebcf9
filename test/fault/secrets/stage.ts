/** A core whose every place for a credential holds a canary, and clients that bring their own. */
import { type Api, openApi } from "../../support/api.ts";
import { type CoreProcess, startCoreProcess } from "../../support/core-process.ts";
import { createFakeCa } from "../../support/fake-ca.ts";
import type { Opened } from "../../support/opened.ts";
import { readToEnd, tlsThrough } from "../../support/proxy-clients.ts";
import type { Random } from "../board/random.ts";
import { builtCli } from "../board/subjects.ts";
import { canary, type Canary } from "./canaries.ts";
import { startEchoProvider } from "./echo.ts";

const host = "api.anthropic.com";

export interface SecretStage {
  readonly core: CoreProcess;
  readonly api: Api;
  /** All of them; the core's own tokens too. */
  readonly canaries: readonly Canary[];
  /** What was said to clients that a stored credential was used for. */
  readonly errors: ReadonlyMap<string, string>;
  readonly calls: number;
}

const shapes = [{ prefix: "sk-ant-api03-" }, { prefix: "sk-proj-" }, { prefix: "AIza" }, {}, {}, { odd: true }];

export async function startSecretStage(opened: Opened, random: Random): Promise<SecretStage> {
  const planted: Canary[] = [];
  const plant = (place: string, index = planted.length): string => {
    const made = canary(random, place, shapes[index % shapes.length]);
    planted.push(made);
    return made.value;
  };
  const ca = opened.add(createFakeCa());
  const provider = opened.add(await startEchoProvider());
  const origin = opened.add(await startEchoProvider(ca.issue([host])));

  const env: Record<string, string> = {};
  const files: Record<string, string> = {};
  const keyFrom = (how: "text" | "environment" | "file", index: number): unknown => {
    const value = plant(`account key as ${how} ${index}`);
    if (how === "text") return value;
    if (how === "environment") {
      env[`KEY_${index}`] = value;
      return `\${KEY_${index}}`;
    }
    files[`keys/${index}`] = `${value}\n`;
    return { file: `keys/${index}` };
  };
  const types = ["openai-compatible", "anthropic-compatible", "gemini-compatible", "openai-responses-compatible"];
  const accounts = Array.from({ length: 20 }, (_, index) => ({
    provider: `p${index % types.length}`,
    name: `n${index}`,
    prefix: `a${index}`,
    api_key: keyFrom((["text", "environment", "file"] as const)[index % 3] ?? "text", index),
  }));
  files["google.json"] = JSON.stringify({
    access_token: plant("imported access token"),
    refresh_token: plant("imported refresh token"),
    id_token: plant("imported id token"),
    token_type: "Bearer",
    expiry_date: Date.now() + 3_600_000,
  });
  const proxy = `http://someone:${encodeURIComponent(plant("outbound proxy password", 3))}@127.0.0.1:9`;
  const thrown = plant("thrown in an error", 0);
  env["THROWN"] = thrown;
  const core = opened.add(
    await startCoreProcess({
      program: [await builtCli()],
      trust: ca.file,
      dial: { [host]: origin.port },
      args: ["--log-format", "json"],
      // A fault of our own that nobody catches, with a stored key in its words.
      env: {
        ...env,
        NODE_OPTIONS: `--import ${dataUrl("process.on('SIGUSR2',()=>{Promise.reject(new Error('fault with '+process.env.THROWN))})")}`,
      },
      files,
      config: {
        providers: Object.fromEntries(
          types.map((type, index) => [
            `p${index}`,
            {
              type,
              endpoint: `http://127.0.0.1:${provider.port}${type.startsWith("gemini") ? "/v1beta" : "/v1"}`,
              auth_type: "api_key",
              // Refused calls are asked again soon: what counts is what is said of them, not how long they rest.
              cooldown: { base_ms: 20, max_ms: 20 },
            },
          ]),
        ),
        accounts: [
          ...accounts,
          { provider: "p0", name: "thrown", prefix: "thrown", api_key: "${THROWN}" },
          { provider: "gemini-cli", name: "g", import: "gemini-cli", token_file: "google.json", accept_terms: true },
        ],
        oauth: { "gemini-cli": { client_id: "id", client_secret: plant("oauth client secret") } },
        routes: [{ match: { host, model: "claude-rerouted*" }, to: "a0/m" }],
        settings: { request_logs: true, network_proxy: { keys: { "p3/n19": proxy } } },
      },
    }),
  );
  const api = await openApi(core.home);
  planted.push(
    { place: "the client key", value: api.clientKey, prefixLength: 0 },
    { place: "the proxy token", value: api.proxyToken, prefixLength: 0 },
    { place: "the admin token", value: api.adminToken, prefixLength: 0 },
  );

  const errors = new Map<string, string>();
  let calls = 0;
  // Through the gateway, one call for each account, answered in another way each time.
  const ways = ["401", "403", "500", "429", "html", "400", "stream"];
  for (const [index, { prefix }] of accounts.entries()) {
    const how = ways[index % ways.length] ?? "401";
    const model = `${prefix}/m`;
    const body =
      index % 2 === 0
        ? { model, stream: how === "stream", messages: [{ role: "user", content: `say-${how}` }] }
        : { model, stream: how === "stream", max_tokens: 5, messages: [{ role: "user", content: `say-${how}` }] };
    const answer = await api.keyed(index % 2 === 0 ? "/v1/chat/completions" : "/v1/messages", { body });
    calls += 1;
    // What a model says is the client's; what a refusal says of our key is not.
    if (how !== "stream")
      errors.set(`error to the client of ${prefix} (${how})`, `${JSON.stringify(answer.headers)}${answer.text}`);
  }
  for (const [place, headers] of [
    ["wrong client key", { authorization: `Bearer ${plant("wrong client key", 3)}` }],
    ["wrong x-api-key", { "x-api-key": plant("wrong x-api-key", 4) }],
  ] as const) {
    errors.set(place, (await api.port("/v1/models", { headers })).text);
    calls += 1;
  }
  // Through the proxy, with what the client brings: passed through, and rerouted.
  for (const [index, [field, scheme]] of (
    [
      ["authorization", "Bearer "],
      ["authorization", "Basic "],
      ["authorization", ""],
      ["x-api-key", ""],
      ["x-goog-api-key", ""],
      ["api-key", ""],
      ["cookie", "session="],
      ["x-amz-security-token", ""],
      ["x-auth-token", ""],
      ["proxy-authorization", "Basic "],
    ] as const
  ).entries()) {
    for (const model of ["claude-passed", "claude-rerouted"]) {
      const value = plant(`client's ${field} ${scheme}(${model})`, 3 + (index % 2));
      const query = plant(`client's query (${model} ${index})`, 3);
      const body = JSON.stringify({
        model,
        max_tokens: 5,
        messages: [{ role: "user", content: `say-${ways[index % 6] ?? "401"}` }],
      });
      const socket = await tlsThrough(core, host, { alpn: ["http/1.1"] });
      socket.write(
        `POST /v1/messages?key=${query} HTTP/1.1\r\nHost: ${host}\r\n${field}: ${scheme}${value}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
      );
      await readToEnd(socket);
      calls += 1;
    }
  }
  if (provider.asked() + origin.asked() < calls / 2)
    throw new Error(`only ${provider.asked() + origin.asked()} of ${calls} calls arrived`);
  core.signal("SIGUSR2");
  return { core, api, canaries: planted, errors, calls };
}

const dataUrl = (code: string): string => `data:text/javascript,${encodeURIComponent(code)}`;
