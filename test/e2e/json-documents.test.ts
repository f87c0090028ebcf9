/** Every command with `--json`, asked of a real core and of files alone: its output is what docs/json.md says, and no more. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { documents, documentShapes, type JsonDocument, printedSchema } from "../../src/commands/documents.ts";
import { jsonSchemas } from "../../src/control/json-schema.ts";
import { greeting } from "../support/fake-backends-clients.ts";
import { type LoginStage, startLoginStage } from "../support/fake-backends-stage.ts";
import { field } from "../support/provider-turn.ts";
import type { Ran } from "../support/proxy-clients.ts";
import { tempFolder } from "../support/temp.ts";
import { typed, typedAt } from "../support/typed.ts";
import { waitFor } from "../support/wait.ts";

type Command = keyof typeof documents;

let stage: LoginStage;
/** A home without a core. */
const idle = tempFolder("idle");
idle.file("config.yaml", "aliases: { quick: claude/claude-sonnet-4-5 }\n");
const seen = new Set<Command>();

beforeAll(async () => {
  stage = await startLoginStage({
    config: {
      providers: { local: { type: "openai-compatible", endpoint: "http://127.0.0.1:9/v1", models: [{ name: "m" }] } },
      combos: { deep: ["claude/claude-sonnet-4-5", "local/m"], gone: ["mistral/x", "groq/y"] },
      aliases: { sonnet: "claude/claude-sonnet-4-5" },
      routes: [{ match: { model: "routed-*" }, to: "combo/deep", fallback: "passthrough" }],
    },
  });
  await stage.only("claude", "main", 3_600_000);
  writeFileSync(join(stage.core.home, "key.txt"), "sk-or-canary-0123456789\n");
  const told = await stage.ask("openai-chat", "claude/claude-sonnet-4-5");
  if (!told.text.includes(greeting)) throw new Error(`nobody greets: ${told.text}`);
  await stage.ask("openai-chat", "combo/gone");
}, 90_000);
afterAll(async () => {
  idle.close();
  await stage.close();
});

const validators = createValidators();

async function idsOf(filter: string): Promise<readonly string[]> {
  const { stdout } = await typed(stage.core.home, ["flows", "list", filter, "--json"]);
  return (JSON.parse(stdout) as object[]).map((flow) => String(field(flow, "id"))); // held below
}

/** Types it with `--json`, and holds what it printed to the document of the command. */
async function json(command: Command, words: readonly string[] = [], code = 0, home?: string): Promise<unknown> {
  const typedWords = [...command.split(" "), ...words, ...(command.startsWith("env ") ? [] : ["--json"])];
  const ran = await typed(home ?? stage.core.home, typedWords);
  return held(command, typedWords, ran, code);
}

function held(command: Command, typedWords: readonly string[], ran: Ran, code: Ran["code"]): unknown {
  expect([typedWords.join(" "), ran.code, ran.code === code ? "" : ran.stderr]).toEqual([
    typedWords.join(" "),
    code,
    "",
  ]);
  const value: unknown = JSON.parse(ran.stdout);
  const { faults } = validators[command](value);
  expect([typedWords.join(" "), faults]).toEqual([typedWords.join(" "), []]);
  seen.add(command);
  return value;
}

describe("with a core", () => {
  it("status", async () => {
    expect(await json("status")).toMatchObject({ running: true, schemaVersion: 1 });
    expect(await json("status", ["--secrets"])).toMatchObject({ clientKey: expect.any(String) });
  });

  it("env", async () => {
    expect(await json("env --shell json")).toMatchObject({ SWITCHYARD_GATEWAY_URL: stage.core.url });
    expect(await json("env --shell json --unset")).toMatchObject({ HTTPS_PROXY: null });
  });

  it("flows", async () => {
    const flows = await json("flows list");
    expect(flows).toEqual(expect.arrayContaining([expect.objectContaining({ state: "done", provider: "claude" })]));
    for (const flow of flows as object[]) await json("flows show", [String(field(flow, "id"))]); // held above
    const problems: unknown[] = [];
    for (const id of await idsOf("is:translated"))
      problems.push(field(await json("flows show", [id, "--stages"]), "problem"));
    expect(problems).toContain(null);
    await json("flows list", ["--limit", "1", "--action", "reroute"]);
    expect(await json("flows grep", ["hello"])).not.toEqual([]);
    await json("flows grep", ["no such text anywhere"]);
  });

  it("flows tail: one a line, without a version of its own", async () => {
    const tail = typedAt(stage.core.home).begin("flows", "tail", "--json", "-n", "2");
    await waitFor("two lines", () => tail.stdout().split("\n").length > 2);
    tail.signal("SIGTERM");
    const ran = await tail.ended;
    for (const line of ran.stdout.trim().split("\n"))
      held("flows tail", ["flows", "tail"], { ...ran, stdout: line }, ran.code);
    expect(ran.stdout).not.toContain("schemaVersion");
  });

  it("replay, of one and of several", async () => {
    const [id = ""] = await idsOf("provider:claude");
    expect(await json("replay", [id])).toMatchObject({ state: "done" });
    expect(await json("replay", [id, id])).toHaveLength(2);
    await json("routes explain", [id]);
  });

  it("flows delete", async () => {
    expect(await json("flows delete", ["--filter", "model:nobody-has-this", "--yes"])).toMatchObject({ deleted: 0 });
    const [id = ""] = await idsOf("");
    expect(await json("flows delete", [id, "--yes"])).toMatchObject({ deleted: 1, live: 0 });
  });

  it("routes", async () => {
    expect(await json("routes list")).toHaveLength(1);
    for (const model of ["routed-x", "nobody-has-this", "claude/claude-sonnet-4-5", "sonnet"]) {
      await json("routes explain", ["--model", model]);
      await json("routes explain", ["--model", model, "--host", "api.anthropic.com", "--client", "claude-code"]);
    }
    expect(await json("routes test", ["claude/claude-sonnet-4-5", "--yes"])).toMatchObject({ ok: true });
    expect(await json("routes test", ["local/m", "--yes"], 7)).toMatchObject({ ok: false });
    expect(await json("models test", ["claude/claude-sonnet-4-5", "--yes"])).toMatchObject({ provider: "claude" });
    expect(await json("models test", ["nobody-has-this", "--yes"], 2)).toMatchObject({ ok: false });
    await json("routes add", ["--to", "combo/deep", "--model", "added-*", "--at", "1"]);
    await json("routes move", ["1", "2"]);
    await json("routes disable", ["1"]);
    expect(await json("routes list")).toMatchObject([{ enabled: false }, { enabled: true }]);
    await json("routes enable", ["1"]);
    await json("routes remove", ["2"]);
  });

  it("accounts, added, imported, logged in, switched, asked and removed", async () => {
    await json("accounts add", ["openrouter", "--api-key-file", join(stage.core.home, "key.txt"), "--weight", "2"]);
    stage.worlds.kiro.decide("approved");
    await json("accounts login", ["kiro", "--name", "me", "--accept-terms", "--no-browser"]);
    await json("accounts import");
    const { accessToken } = stage.worlds.github.issue();
    const apps = { "github.com": { user: "me", oauth_token: accessToken } };
    const file = idle.file(".config/github-copilot/apps.json", JSON.stringify(apps));
    await json("accounts import", ["copilot", "--path", file, "--accept-terms"]);
    await json("accounts import", [], 0, idle.path);
    await json("accounts list");
    await json("accounts list", ["--provider", "claude"]);
    await json("accounts disable", ["openrouter/main"]);
    await json("accounts enable", ["openrouter/main"]);
    await json("accounts refresh", ["claude/main"]);
    await json("accounts quota");
    // Nobody answers at its usage address here: told, and an exit code of its own.
    await json("accounts quota", ["claude/main"], 7);
    await json("accounts cooldown clear");
    await json("accounts cooldown clear", ["claude/main", "--model", "x"]);
    expect(await json("accounts remove", ["openrouter/main", "--yes"])).toMatchObject({ removed: "openrouter/main" });
  }, 60_000);

  it("providers", async () => {
    expect(await json("providers list")).not.toEqual([]);
    await json("providers list", ["--kind", "compatible"]);
    await json("providers show", ["claude"]);
    await json("providers disable", ["mistral"]);
    await json("providers enable", ["mistral"]);
    await json("providers status");
    await json("providers status", ["claude"]);
    await json("providers status", ["mistral"]);
    await json("providers check", ["local"], 7);
    await json("providers check", ["kiro"], 7);
  });

  it("models and combos", async () => {
    await json("models list");
    await json("models list", ["--provider", "claude", "--refresh"]);
    await json("models add", ["local", "n", "--max-tokens", "9000", "--alias", "other"]);
    await json("models add", ["local", "o"]);
    await json("models remove", ["local", "n"]);
    await json("combos list");
    await json("combos add", ["made", "claude/claude-sonnet-4-5", "local/m"]);
    await json("aliases add", ["nick", "combo/made"]);
    expect(await json("aliases list")).toMatchObject({ aliases: { nick: "combo/made" } });
    await json("aliases remove", ["nick"]);
    expect(await json("combos remove", ["made"])).toMatchObject({ removed: "made" });
  });

  it("usage, in every group", async () => {
    for (const group of ["daily", "session", "model", "account", "client", "provider"]) await json("usage", [group]);
    expect(await json("usage", ["--since", "2020-01-01", "--until", "2020-12-31"])).toMatchObject({ rows: [] });
  });

  it("ca", async () => {
    await json("ca show");
    await json("ca status");
    await json("ca rotate");
    await json("ca status");
    // A browser's database; whether it can be written depends on the tools of this machine.
    idle.file(".pki/nssdb/cert9.db", "");
    const { typeWith } = typedAt(stage.core.home);
    const asUser = async (command: Command, ...words: readonly string[]): Promise<unknown> => {
      const line = [...command.split(" "), ...words, "--json"];
      const ran = await typeWith({ HOME: idle.path }, ...line);
      return held(command, line, ran, ran.code);
    };
    for (const command of ["ca install", "trust"] as const) {
      expect(await asUser(command, "--dry-run")).toMatchObject({ dryRun: true, stores: [{ scope: "user" }] });
      expect(await asUser(command, "--yes")).toMatchObject({ dryRun: false, stores: [{ scope: "user" }] });
    }
    for (const command of ["ca uninstall", "untrust"] as const) {
      expect(await asUser(command, "--dry-run")).toMatchObject({ dryRun: true });
      expect(await asUser(command, "--yes")).toMatchObject({ dryRun: false });
    }
  });

  it("doctor, its repairs and its recipes", async () => {
    const ran = await typed(stage.core.home, ["doctor", "--json"]);
    expect(held("doctor", ["doctor"], ran, ran.code)).toMatchObject({ checks: expect.any(Array) });
    const fixed = await typed(stage.core.home, ["doctor", "--fix", "--yes", "--json"]);
    expect(held("doctor", ["doctor", "--fix"], fixed, fixed.code)).toMatchObject({ repairs: expect.any(Array) });
    expect(await json("doctor", ["--recipes"])).toMatchObject({ recipes: expect.any(Array) });
  }, 60_000);

  it("version, start where one runs already, and uninstall as it would be", async () => {
    expect(await json("version")).toMatchObject({ node: process.versions.node });
    expect(await json("start", ["-d"])).toMatchObject({ started: false });
    expect(await json("uninstall", ["--dry-run", "--purge"])).toMatchObject({ dryRun: true, purge: true });
  });

  it("config", async () => {
    expect(await json("config validate")).toMatchObject({ ok: true });
    expect(await json("config path")).toMatchObject({ exists: true });
    expect(await json("config init")).toMatchObject({ created: false });
    await json("config get");
    await json("config get", ["routes"]);
    await json("config get", ["prices"], 1);
    await json("config set", ["listen.host", "127.0.0.1"]);
    expect(await json("config unset", ["listen.host"])).toMatchObject({ was: true });
    expect(await json("config unset", ["listen.host"])).toMatchObject({ was: false });
  });

  it("and as a process of its own", async () => {
    const ran = await stage.core.cli("providers", "show", "claude", "--json");
    expect(validators["providers show"](JSON.parse(ran.stdout)).faults).toEqual([]);
  });
});

describe("without one", () => {
  it.each<[Command, readonly string[], number?]>([
    ["status", [], 3],
    ["routes list", []],
    ["routes explain", ["--model", "quick"]],
    ["accounts list", []],
    ["providers list", []],
    ["providers show", ["claude"]],
    ["models list", []],
    ["combos list", []],
    ["usage", []],
    ["config validate", []],
    ["config path", []],
    ["config get", ["listen.port"]],
    ["aliases list", []],
    ["version", []],
    ["stop", []],
    ["uninstall", ["--yes"]],
    ["doctor", ["--recipes"]],
  ])("%s", async (command, words, code = 0) => {
    expect(await json(command, words, code, idle.path)).toBeDefined();
  });

  it("a configuration that is not valid", async () => {
    idle.file("config.yaml", "routes: { a: b }\nnonesuch: 1\n");
    expect(await json("config validate", [], 2, idle.path)).toMatchObject({ ok: false, routes: null });
  });
});

describe("at the end", () => {
  it("stop", async () => {
    expect(await json("stop")).toMatchObject({ stopped: true, pid: expect.any(Number) });
  });
});

describe("all of them", () => {
  it("were asked", () => {
    expect([...seen].toSorted()).toEqual(Object.keys(documents).toSorted());
  });

  it("fail with a field that is not documented", async () => {
    const account = (await json("accounts list")) as object[]; // held there
    const more = account.map((each) => ({ ...each, more: 1 }));
    expect(validators["accounts list"](more).faults.join("\n")).toContain("additional properties");
    expect(validators["config path"]({ path: "/", exists: true }).faults.join("\n")).toContain("schemaVersion");
  });
});

function createValidators(): Readonly<Record<Command, (value: unknown) => { readonly faults: readonly string[] }>> {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  formats.default(ajv);
  const printed = Object.entries<JsonDocument>(documents).map(
    ([command, document]) => [command, printedSchema(document)] as const,
  );
  const all = printed.map(([, schema]) => schema);
  const schemas = jsonSchemas(documentShapes, all, "shapes#/");
  ajv.addSchema({ $id: "shapes", ...schemas.named });
  const read = (validate: ValidateFunction) => (value: unknown) => ({
    faults: validate(value)
      ? []
      : (validate.errors ?? []).map(
          ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
        ),
  });
  const entries = printed.map(([command, schema]) => [command, read(ajv.compile(schemas.of(schema)))]);
  // One for each row of the table.
  return Object.fromEntries(entries) as Readonly<Record<Command, ReturnType<typeof read>>>;
}
