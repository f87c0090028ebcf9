/** Everywhere that something is written, said or shown: name of the place → what stands there. */
import { readFileSync } from "node:fs";
import { startHarness } from "../../tui/harness.ts";
import { liveFiles } from "../../support/live-files.ts";
import { field } from "../../support/provider-turn.ts";
import type { SecretStage } from "./stage.ts";

/** Where a credential belongs: its owner's files. */
const belongs =
  /^(?:config\.yaml|state\.json(?:\.bak)?|keys\/\d+|google\.json|accounts\/[^/]+\.json|provider-credentials\.json)$/;

export async function sinksOf(stage: SecretStage, isFull: boolean): Promise<ReadonlyMap<string, string>> {
  const { core, api, errors } = stage;
  const sinks = new Map<string, string>(errors);
  const ids = await flowIds(stage);
  for (const path of [
    "/api/status",
    "/api/flows?limit=1000",
    "/api/accounts",
    "/api/accounts/quota",
    "/api/combos",
    "/api/metrics",
    "/api/models/catalog",
    "/api/provider-models",
    "/api/rate-limits",
    "/api/routes",
    "/api/sessions",
    "/api/settings",
    "/api/settings/proxy",
    "/api/usage",
  ]) {
    sinks.set(path, (await api.socket(path)).text);
  }
  for (const path of ["/metrics", "/v1/metrics/providers", "/v1/providers", "/v1/models", "/healthz"]) {
    sinks.set(path, (await api.keyed(path)).text);
  }
  for (const id of ids) {
    sinks.set(`flow ${id}`, (await api.socket(`/api/flows/${id}`)).text);
    sinks.set(`stages ${id}`, (await api.socket(`/api/flows/${id}/stages`)).text);
    sinks.set(`recording ${id}`, decodedRecording((await api.socket(`/api/flows/${id}/recording`)).text));
  }
  for (const format of ["har", "curl", "jsonl"]) {
    sinks.set(`export ${format}`, (await api.socket("/api/flows/export", { body: { format } })).text);
  }
  const [first] = ids;
  if (first !== undefined)
    sinks.set("replay", (await api.socket(`/api/flows/${first}/replay?wait=true`, { body: {} })).text);
  sinks.set("stderr", core.stderr());
  for (const { name, bytes } of liveFiles(core.home)) {
    if (!belongs.test(name)) sinks.set(`file ${name}`, bytes.toString("latin1"));
  }
  if (process.platform === "linux") sinks.set("argv of the core", readFileSync(`/proc/${core.pid}/cmdline`, "latin1"));
  sinks.set("the screen", await screens(stage, ids));
  for (const args of isFull ? commands(ids[0] ?? "") : []) {
    const { stdout, stderr } = await core.cliWith({ timeoutMs: 60_000 }, ...args);
    // What is not done says nothing.
    if (/unknown (?:command|option)|too many arguments|missing required/.test(stderr)) throw new Error(stderr);
    sinks.set(`switchyard ${args.join(" ")}`, stdout + stderr);
  }
  return sinks;
}

const commands = (id: string): readonly (readonly string[])[] => [
  ["doctor"],
  ["doctor", "--json"],
  ["status"],
  ["accounts", "list"],
  ["accounts", "list", "--json"],
  ["config", "get"],
  ["config", "validate"],
  ["flows", "show", id],
  ["flows", "list"],
  ["export", "--format", "curl"],
  ["usage"],
  ["config", "get", "accounts[0].api_key", "-vv"],
  ["accounts", "quota", "--json"],
  ["routes", "test", "a0/m"],
  ["providers", "check", "p0", "-vv"],
  ["accounts", "refresh", "gemini-cli/g", "-vv"],
  ["replay", id, "-vv"],
  ["routes", "list", "--json"],
  ["providers", "list", "--json"],
  ["run", "--", process.execPath, "-e", "console.log(JSON.stringify([process.argv, Object.keys(process.env)]))"],
];

async function flowIds({ api }: SecretStage): Promise<readonly string[]> {
  const flows = field(await api.get("/api/flows?limit=1000"), "flows");
  return Array.isArray(flows) ? flows.map((flow: unknown) => String(field(flow, "id"))) : [];
}

/** Its bytes are in base64 where they are no text. */
function decodedRecording(text: string): string {
  const decoded = [...text.matchAll(/"base64":"([^"]+)"/g)].map(([, content]) =>
    Buffer.from(content ?? "", "base64").toString("latin1"),
  );
  // What a model says in pieces is one text to who reads it.
  const chunks = [...text.matchAll(/"text":"((?:[^"\\]|\\.)*)"/g)].map(([, content]) => content ?? "").join("");
  return `${text}\n${decoded.join("")}\n${chunks}`;
}

/** Every screen and every tab of a call, in two widths: what is cut and what is wrapped. */
async function screens({ api }: SecretStage, ids: readonly string[]): Promise<string> {
  const [status, flows] = await Promise.all([api.get("/api/status"), api.get("/api/flows?limit=1000")]);
  const bodies = new Map<string, unknown>();
  for (const id of ids) bodies.set(id, await api.get(`/api/flows/${id}`));
  const shown: string[] = [];
  for (const [columns, rows] of [
    [160, 50],
    [70, 24],
  ] as const) {
    const answers = new Map<string, unknown>();
    for (const path of [
      "/api/accounts",
      "/api/routes",
      "/api/usage",
      "/api/sessions",
      "/api/models/catalog",
      "/api/settings",
    ])
      answers.set(path, (await api.socket(path)).json);
    const harness = startHarness({
      columns,
      rows,
      color: false,
      flow: (id) => bodies.get(id),
      answer: (_, path) => answers.get(path.split("?")[0] ?? "") ?? {},
    });
    try {
      harness.emit({ type: "hello", status: status as never, flows: (flows as { flows: never }).flows }); // the contract of these routes
      const look = async (): Promise<void> => void shown.push((await harness.screen()).join("\n"));
      await look();
      for (let call = 0; call < ids.length; call += 7) {
        harness.press("\r");
        for (const key of ["1", "2", "G", "3", "G", "4", "G", "5", "6", "w", "2", "3", "4"]) {
          harness.press(key);
          await look();
        }
        harness.press("q");
        harness.press("jjjjjjj");
        await look();
      }
      for (const screen of ["2", "3", "4", "5", "6", "7", "8"]) {
        harness.press(`\u001b${screen}`);
        await look();
      }
    } finally {
      harness.close();
    }
  }
  return shown.join("\n");
}
