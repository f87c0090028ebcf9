/**
 * Every command as it is typed, through the built program: at least once as it should go and once as it should not. The
 * table is held against the table of commands, so that a command without a line here is a failure.
 */
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { commandBench } from "../../src/commands/__fixtures__/command-bench.ts";
import { commandTable } from "../../src/commands/program.ts";
import { everyCommand, pathOf } from "../../src/commands/tree.ts";
import { type BuiltProgram, buildProgram } from "../support/built.ts";
import type { CoreProcess } from "../support/core-process.ts";
import { startFakeOpenAiChat } from "../support/fake-providers.ts";
import { createStage, type Stage } from "../support/fixture.ts";
import { sayHello } from "../support/provider-turn.ts";
import { canRun } from "../support/needs.ts";
import { type Ran, run } from "../support/proxy-clients.ts";
import { type TempFolder, tempFolder } from "../support/temp.ts";
import { waitFor, within } from "../support/wait.ts";
import { startTmux } from "../tui/tmux.ts";

/** `core`: a core runs, with a provider that answers. `none`: an empty home. `broken`: a file that is not valid. */
type Home = "core" | "none" | "broken";

interface Typed {
  readonly line: string;
  readonly home?: Home;
  readonly code: number;
  /** Of stdout where it goes well, of stderr where not. */
  readonly says?: RegExp;
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
}

interface Coverage {
  readonly good: readonly Typed[] | { readonly elsewhere: string };
  readonly bad: readonly Typed[];
}

const key = "sk-table-0123456789abcdef";
const none = "none" as const;
const usage = (line: string, says: RegExp): Typed => ({ line, code: 2, says });

/** In the order in which they are typed: later ones find what earlier ones did. `ID` is a call's id. */
const table: Readonly<Record<string, Coverage>> = {
  run: {
    good: [{ line: "run -- node -e process.exit(7)", code: 7 }],
    bad: [{ line: "run -- no-such-command-here", code: 127, says: /command not found/ }],
  },
  env: {
    good: [
      { line: "env", code: 0, says: /^export HTTPS_PROXY='http/m },
      { line: "env --shell json", code: 0, says: /^\{"(?!schemaVersion)/ },
      { line: "env --unset", home: none, code: 0, says: /unset HTTPS_PROXY/ },
      { line: "env --install-hook --shell bash", home: none, code: 0 },
      { line: "env --remove-hook --shell bash", home: none, code: 0 },
    ],
    bad: [
      { line: "env", home: none, code: 3, says: /no core is running/ },
      { line: "env --install-hook --shell json", code: 2 },
    ],
  },
  tui: {
    good: { elsewhere: "test/e2e/command-line.test.ts" },
    bad: [{ line: "tui", code: 2, says: /needs a terminal/ }],
  },
  demo: {
    good: [{ line: "demo", home: none, code: 0, says: /What the client read:/ }],
    bad: [{ line: "demo", home: none, code: 1, env: { TMPDIR: "/nowhere" } }],
  },
  start: {
    good: [{ line: "start -d --port 0", code: 0, says: /^listening on http:\/\/127\.0\.0\.1:\d+\n$/ }],
    bad: [
      { line: "start --port 0", code: 4, says: /a core of this home already runs at http/ },
      { line: "start", home: "broken", code: 2, says: /unknown key/ },
    ],
  },
  stop: {
    good: [{ line: "stop", home: none, code: 0 }],
    bad: [usage("stop now", /too many arguments/)],
  },
  status: {
    good: [
      { line: "status", code: 0, says: /^running +http/ },
      { line: "status --line", code: 0, says: /^switchyard 127\.0\.0\.1:\d+ +\d+ live/ },
    ],
    bad: [
      { line: "status", home: none, code: 3 },
      { line: "status --line", home: none, code: 3 },
    ],
  },
  "ca path": {
    good: [{ line: "ca path", code: 0, says: /\.pem\n$/ }],
    bad: [{ line: "ca path", home: none, code: 5 }],
  },
  "ca show": {
    good: [{ line: "ca show", code: 0, says: /anthropic/ }],
    bad: [{ line: "ca show", home: none, code: 5 }],
  },
  "ca status": {
    good: [{ line: "ca status", code: 0, says: /fingerprint/ }],
    bad: [{ line: "ca status", home: none, code: 5, says: /no certificate authority/ }],
  },
  "ca rotate": {
    good: [{ line: "ca rotate", code: 0, says: /fingerprint/ }],
    bad: [{ line: "ca rotate", home: "broken", code: 2, says: /not valid/ }],
  },
  "ca export": {
    good: [{ line: "ca export", code: 0, says: /^-----BEGIN CERTIFICATE-----/ }],
    bad: [usage("ca export --format p12", /p12/), { line: "ca export", home: none, code: 5 }],
  },
  "ca install": {
    good: [{ line: "ca install --system --dry-run", code: 0 }],
    bad: [{ line: "ca install --dry-run", home: none, code: 5, says: /no certificate authority/ }],
  },
  "ca uninstall": {
    good: [{ line: "ca uninstall --dry-run", code: 0 }],
    bad: [{ line: "ca uninstall --fingerprint xyz", code: 2 }],
  },
  trust: {
    good: [{ line: "trust --system --dry-run", code: 0 }],
    bad: [{ line: "trust --dry-run", home: none, code: 5, says: /no certificate authority/ }],
  },
  untrust: {
    good: [{ line: "untrust --dry-run", code: 0 }],
    bad: [{ line: "untrust --fingerprint xyz", code: 2 }],
  },
  doctor: {
    good: [{ line: "doctor --recipes", code: 0, says: /curl/ }],
    bad: [{ line: "doctor no-such-client", code: 2 }],
  },
  uninstall: {
    good: [{ line: "uninstall --dry-run", code: 0, says: /stop the core/ }],
    bad: [usage("uninstall now", /too many arguments/)],
  },
  "routes test": {
    good: [{ line: "routes test local/m --yes", code: 0, says: /local\/m answered/ }],
    bad: [
      { line: "routes test local/broken --yes", code: 7 },
      { line: "routes test nobody/x --yes", code: 2 },
      { line: "routes test local/m", code: 2, says: /next: switchyard routes test local\/m --yes/ },
    ],
  },
  "models test": {
    good: [{ line: "models test local/m -y --json", code: 0, says: /"ok":true/ }],
    bad: [{ line: "models test local/m", code: 2, says: /models test local\/m --yes/ }],
  },
  "flows list": {
    good: [{ line: "flows list", code: 0, says: /chat\/completions/ }],
    bad: [{ line: "flows list", home: none, code: 3 }],
  },
  "flows show": {
    good: [
      { line: "flows show ID", code: 0, says: /client-request/ },
      { line: "flows show ID --stages", code: 0, says: /nothing to compare|client \| hub \| upstream/ },
    ],
    bad: [
      { line: "flows show nope", code: 1, says: /next: switchyard flows list/ },
      { line: "flows show nope --stages", code: 1, says: /next: switchyard flows list/ },
    ],
  },
  "flows grep": {
    good: [{ line: "flows grep messages", code: 0, says: /client-request \d+:\d+: / }],
    bad: [usage("flows grep --regex (", /this group is not closed/), { line: "flows grep x", home: none, code: 3 }],
  },
  "flows tail": {
    good: { elsewhere: "test/e2e/command-line.test.ts" },
    bad: [usage("flows tail hots:x", /did you mean "host"/), { line: "flows tail", home: none, code: 3 }],
  },
  "flows record": {
    good: [{ line: "flows record ID", code: 0, says: /^\{/ }],
    bad: [
      { line: "flows record nope", code: 1 },
      { line: "flows record nope", home: none, code: 3 },
    ],
  },
  export: {
    good: [
      { line: "export --format jsonl", code: 0, says: /^\{"/ },
      { line: "export ID --format curl", code: 0, says: /curl/ },
    ],
    bad: [
      usage("export --format har --filter hots:x", /did you mean "host"/),
      { line: "export nope --format har", code: 1 },
    ],
  },
  replay: {
    good: [{ line: "replay ID --json", code: 0, says: /^\{/ }],
    bad: [
      usage("replay", /which call is to be made again/),
      { line: "replay nope", code: 1 },
      usage("replay --serve", /which recording/),
      usage("replay --speed 2", /goes with --serve/),
    ],
  },
  "routes list": {
    good: [{ line: "routes list", code: 0, says: /no rules/ }],
    bad: [{ line: "routes list", home: "broken", code: 2, says: /switchyard config validate/ }],
  },
  "routes explain": {
    good: [
      { line: "routes explain --model local/m", code: 0, says: /local\/m/ },
      { line: "routes explain ID", code: 0, says: /by the rules of now:/ },
    ],
    bad: [usage("routes explain", /what is to be explained/)],
  },
  "routes add": {
    good: [
      { line: "routes add --client codex --to local/m", code: 0, says: /^rule 1:/ },
      { line: "routes add --model x-* --to block --at 1", code: 0 },
      { line: "routes add --from-flow ID --to local/m", code: 0, says: /model=local\// },
    ],
    bad: [usage("routes add --to nowhere/x", /there is no provider "nowhere"/), usage("routes add", /--to/)],
  },
  "routes move": {
    good: [{ line: "routes move 1 2", code: 0 }],
    bad: [usage("routes move 1 9", /there is no rule 9/)],
  },
  "routes disable": {
    good: [{ line: "routes disable 1", code: 0, says: /rule 1 is off/ }],
    bad: [usage("routes disable 9", /there is no rule 9/)],
  },
  "routes enable": {
    good: [{ line: "routes enable 1", code: 0, says: /rule 1 is on/ }],
    bad: [usage("routes enable 9", /there is no rule 9/)],
  },
  "routes remove": {
    good: [{ line: "routes remove 2", code: 0 }],
    bad: [usage("routes remove 9", /there is no rule 9/)],
  },
  "accounts add": {
    good: [{ line: "accounts add groq --name t", input: key, code: 0, says: /groq\/t added/ }],
    bad: [
      { line: "accounts add groq --name t", input: key, code: 6, says: /already/ },
      usage("accounts add groq --name u", /no key in stdin/),
    ],
  },
  "accounts list": {
    good: [{ line: "accounts list", code: 0, says: /groq\/t/ }],
    bad: [usage("accounts list --provider grok", /did you mean "groq"/)],
  },
  "accounts disable": {
    good: [{ line: "accounts disable groq/t", code: 0, says: /switched off/ }],
    bad: [{ line: "accounts disable nobody", code: 6 }],
  },
  "accounts enable": {
    good: [{ line: "accounts enable groq/t", code: 0, says: /switched on/ }],
    bad: [{ line: "accounts enable nobody", code: 6 }],
  },
  "accounts quota": {
    good: [{ line: "accounts quota --json", code: 0, says: /^\[/ }],
    bad: [{ line: "accounts quota nobody", code: 6, says: /there is no account/ }],
  },
  "accounts refresh": {
    good: { elsewhere: "src/commands/accounts.test.ts" },
    bad: [{ line: "accounts refresh groq/t", code: 6, says: /no login to renew/ }],
  },
  "accounts remove": {
    good: [{ line: "accounts remove groq/t --yes", code: 0, says: /removed/ }],
    bad: [{ line: "accounts remove groq/t", code: 6 }],
  },
  "accounts login": {
    good: { elsewhere: "src/commands/accounts-login.test.ts" },
    bad: [{ line: "accounts login nobody", code: 2 }],
  },
  "accounts import": {
    good: [{ line: "accounts import", code: 0 }],
    bad: [{ line: "accounts import netscape", code: 2 }],
  },
  "accounts cooldown clear": {
    good: [{ line: "accounts cooldown clear --json", code: 0, says: /"cleared":/ }],
    bad: [{ line: "accounts cooldown clear", home: none, code: 3 }],
  },
  "providers list": {
    good: [{ line: "providers list", code: 0, says: /^local/m }],
    bad: [usage("providers list --kind nice", /why: it is one of/)],
  },
  "providers show": {
    good: [{ line: "providers show local", code: 0, says: /^provider +local/ }],
    bad: [usage("providers show grok", /did you mean "groq"/)],
  },
  "providers disable": {
    good: [{ line: "providers disable groq", code: 0, says: /switched off/ }],
    bad: [usage("providers disable grok", /did you mean "groq"/)],
  },
  "providers enable": {
    good: [{ line: "providers enable groq", code: 0, says: /switched on/ }],
    bad: [usage("providers enable grok", /did you mean "groq"/)],
  },
  "providers status": {
    good: [{ line: "providers status local", code: 0, says: /last hour/ }],
    bad: [{ line: "providers status", home: none, code: 3 }],
  },
  "providers check": {
    good: [{ line: "providers check local", code: 0, says: /local is healthy/ }],
    bad: [{ line: "providers check dead", code: 7 }],
  },
  "models add": {
    good: [{ line: "models add local n --alias nn", code: 0, says: /added/ }],
    bad: [usage("models add local n", /already/)],
  },
  "models list": {
    good: [{ line: "models list --provider local", code: 0, says: /local\/nn/ }],
    bad: [usage("models list --provider grok", /there is no provider/)],
  },
  "models remove": {
    good: [{ line: "models remove local n", code: 0, says: /removed/ }],
    bad: [usage("models remove local n", /has no model/)],
  },
  "combos add": {
    good: [{ line: "combos add deep local/m dead/x", code: 0, says: /^combo\/deep/ }],
    bad: [usage("combos add deep nowhere/x", /nowhere/)],
  },
  "combos list": {
    good: [{ line: "combos list", code: 0, says: /1\. local\/m/ }],
    bad: [{ line: "combos list", home: "broken", code: 2 }],
  },
  "aliases add": {
    good: [{ line: "aliases add smart combo/deep", code: 0, says: /smart means combo\/deep/ }],
    bad: [usage("aliases add bad nowhere/x", /nowhere/)],
  },
  "aliases list": {
    good: [{ line: "aliases list", code: 0, says: /^smart/m }],
    bad: [{ line: "aliases list", home: "broken", code: 2 }],
  },
  "aliases remove": {
    good: [{ line: "aliases remove smart", code: 0 }],
    bad: [usage("aliases remove smart", /no alias "smart"/)],
  },
  "combos remove": {
    good: [{ line: "combos remove deep", code: 0 }],
    bad: [usage("combos remove deep", /no combo "deep"/)],
  },
  usage: {
    good: [{ line: "usage model", code: 0, says: /TOTAL/ }],
    bad: [usage("usage weekly", /there is no grouping/)],
  },
  "config path": {
    good: [{ line: "config path", code: 0, says: /config\.yaml\n$/ }],
    bad: [usage("config path x", /too many/)],
  },
  "config validate": {
    good: [{ line: "config validate", code: 0, says: /is valid/ }],
    bad: [{ line: "config validate", home: "broken", code: 2 }],
  },
  "config set": {
    good: [{ line: "config set settings.usage_buffer 1", code: 0, says: /in force/ }],
    bad: [usage("config set listen.port many", /must be a number/)],
  },
  "config get": {
    good: [{ line: "config get settings.usage_buffer", code: 0, says: /^1\n$/ }],
    bad: [usage("config get listen.prot", /did you mean "port"/)],
  },
  "config unset": {
    good: [{ line: "config unset settings.usage_buffer", code: 0 }],
    bad: [usage("config unset listen.prot", /did you mean "port"/)],
  },
  "config init": {
    good: [{ line: "config init", home: none, code: 0, says: /config\.yaml\n$/ }],
    bad: [{ line: "config init --config /dev/null/c.yaml", code: 1 }],
  },
  "config edit": {
    good: [{ line: "config edit", code: 0, says: /is valid/, env: { EDITOR: "true" } }],
    bad: [
      { line: "config edit", home: "broken", code: 2, says: /not valid/, env: { EDITOR: "true" } },
      usage("config edit --no-input", /config set KEY VALUE/),
    ],
  },
  "config schema": {
    good: [{ line: "config schema", code: 0, says: /2020-12/ }],
    bad: [usage("config schema x", /too many/)],
  },
  translate: {
    good: [
      {
        line: "translate --from claude --to openai-chat",
        input: '{"model":"m","max_tokens":5,"messages":[{"role":"user","content":"hi"}]}',
        code: 0,
        says: /"messages":/,
      },
    ],
    bad: [{ line: "translate --from claude --to openai-chat", input: "nonsense", code: 2 }],
  },
  completion: {
    good: [{ line: "completion bash", code: 0, says: /^# bash completion/ }],
    bad: [usage("completion tcsh", /one of bash, zsh, fish, pwsh/)],
  },
  // The last to be typed that needs the call.
  "flows delete": {
    good: [{ line: "flows delete ID --yes", code: 0, says: /1/ }],
    bad: [
      { line: "flows delete", code: 2 },
      { line: "flows delete nope", home: none, code: 3 },
    ],
  },
  version: { good: [{ line: "version", code: 0, says: /^\d+\.\d+\.\d+/ }], bad: [usage("version x", /too many/)] },
};

let built: BuiltProgram;
let stage: Stage;
let core: CoreProcess;
let empty: TempFolder;
let broken: TempFolder;
let flowId = "";

beforeAll(async () => {
  built = await buildProgram();
  stage = createStage();
  const chat = stage.opened.add(
    await startFakeOpenAiChat({
      gapMs: 1,
      answer: (asked, nth) =>
        asked.model === "broken" ? { type: "error", status: 500, message: "a fault" } : sayHello(asked, nth),
    }),
  );
  const provider = { type: "openai-compatible", endpoint: `${chat.url}/v1` };
  core = await stage.startCore({
    program: [built.cli],
    config: {
      providers: {
        local: { ...provider, models: [{ name: "m" }, { name: "broken" }] },
        dead: { ...provider, endpoint: "http://127.0.0.1:9/v1" },
      },
    },
  });
  empty = tempFolder("no-core");
  broken = tempFolder("broken");
  broken.file("config.yaml", "nonsense: true\n");
}, 240_000);

afterAll(async () => {
  await stage.close();
  built.close();
  empty.close();
  broken.close();
});

async function typed({ line, home = "core", input, env }: Typed, more: readonly string[] = []): Promise<Ran> {
  if (line.includes("ID") && flowId === "")
    flowId = (await core.flows()).findLast(({ model }) => model.asked !== null)?.id ?? "";
  const words = line.split(" ").map((word) => (word === "ID" ? flowId : word));
  const folder = { core: core.home, none: empty.path, broken: broken.path }[home];
  return run(process.execPath, [built.cli, ...words, ...more], {
    cwd: folder,
    env: { SWITCHYARD_HOME: folder, HOME: folder, ...env },
    ...(input === undefined ? {} : { input }),
    timeoutMs: 90_000,
  });
}

const rows = Object.entries(table).flatMap(([path, { good, bad }]) => [
  ...("elsewhere" in good ? [] : good.map((each) => [each.line, each.home ?? "core", each, path, true] as const)),
  ...bad.map((each) => [each.line, each.home ?? "core", each, path, false] as const),
]);

describe("every command", () => {
  it("has a line that goes well and one that does not", async () => {
    const bench = commandBench();
    const leaves = [...everyCommand(commandTable(bench.context, { exitCode: 0 }))]
      .filter((command) => command.commands.length === 0 && !command.name().startsWith("__"))
      .map(pathOf);
    await bench.close();
    expect(Object.keys(table).toSorted()).toEqual(leaves.toSorted());
    for (const [path, { good, bad }] of Object.entries(table)) {
      expect([path, bad.length > 0]).toEqual([path, true]);
      for (const { code } of bad) expect([path, code > 0]).toEqual([path, true]);
      if ("elsewhere" in good) {
        // What needs a terminal, or a provider's login, is driven there.
        const last = path.split(" ").at(-1) ?? "";
        expect(readFileSync(new URL(`../../${good.elsewhere}`, import.meta.url), "utf8")).toMatch(
          new RegExp(`["}] ?${last}[;"]`),
        );
      } else for (const { line } of good) expect(line.startsWith(path)).toBe(true);
    }
  });

  it.each(rows)(
    "`%s` (%s)",
    async (_line, _home, each, _path, good) => {
      const ran = await typed(each);
      expect({ code: ran.code, stderr: good ? "" : ran.stderr }).toEqual({
        code: each.code,
        stderr: good ? "" : ran.stderr,
      });
      if (each.says !== undefined) expect(good ? ran.stdout : ran.stderr).toMatch(each.says);
      // No terminal, no colour.
      expect(ran.stdout + ran.stderr).not.toContain("\u001b");
    },
    120_000,
  );
});

/** `flows record` goes on after a call that it cannot record, and what it prints has a format of its own. */
const outside = new Set(["run", "tui", "demo", "translate", "completion", "flows record"]);
const afterwards = new Set(["accounts add", "accounts remove", "models add", "models remove"]);

/** Failing ones leave the homes as they are, so they can be typed again; what was in the way has been removed by now. */
const failing = rows.filter(([, , , path, good]) => !good && !outside.has(path) && !afterwards.has(path));

describe("--json", () => {
  it.each(failing)(
    "makes a document of the failure of `%s` (%s)",
    async (_line, _home, each) => {
      const ran = await typed(each, ["--json"]);
      expect(ran.code).toBe(each.code);
      // Some results say of themselves that all is not well.
      const document: unknown = JSON.parse(ran.stdout === "" ? ran.stderr : ran.stdout);
      if (ran.stdout === "") expect(document).toMatchObject({ error: { exitCode: each.code } });
      else expect(document).toMatchObject({ schemaVersion: 1 });
    },
    120_000,
  );
});

describe("the program", () => {
  it("ends quietly when its reader has seen enough", async () => {
    for (const line of ["flows list", "completion bash", "providers list", "config schema"]) {
      const script = `"$0" "$1" ${line} | head -1; echo "\${PIPESTATUS[0]}" >&2`;
      const ran = await run("bash", ["-c", script, process.execPath, built.cli], {
        env: { SWITCHYARD_HOME: core.home, HOME: core.home },
        timeoutMs: 60_000,
      });
      expect(ran.stderr).toBe("0\n");
    }
  }, 120_000);

  it("colours on request, and never against NO_COLOR", async () => {
    const nonsense = { line: "statsu", code: 2 };
    expect((await typed(nonsense, ["--color", "always"])).stderr).toContain("\u001b[1;31merror:");
    expect((await typed({ ...nonsense, env: { FORCE_COLOR: "1" } })).stderr).toContain("\u001b");
    expect((await typed({ ...nonsense, env: { FORCE_COLOR: "1", NO_COLOR: "1" } })).stderr).not.toContain("\u001b");
    expect((await typed({ ...nonsense, env: { FORCE_COLOR: "1" } }, ["--color", "never"])).stderr).not.toContain(
      "\u001b",
    );
  }, 120_000);

  it("hands its files down to the core it starts", async () => {
    const folder = tempFolder("handed-down");
    const file = folder.file("mine.yaml", "settings: { usage_buffer: 7 }\n");
    const more = ["--config", file, "--data-dir", join(folder.path, "data")];
    const started = await typed({ line: "start -d --port 0 --json", home: "none", code: 0 }, more);
    expect(JSON.parse(started.stdout)).toMatchObject({ schemaVersion: 1, started: true, url: expect.any(String) });
    expect(JSON.parse((await typed({ line: "status --json", home: "none", code: 0 }, more)).stdout)).toMatchObject({
      config: { path: file, exists: true },
      ca: { path: expect.stringContaining(join(folder.path, "data")) },
    });
    expect(existsSync(join(empty.path, "core.json"))).toBe(false);
    const stopped = await typed({ line: "stop --json", home: "none", code: 0 }, more);
    expect(JSON.parse(stopped.stdout)).toMatchObject({ schemaVersion: 1, stopped: true });
    folder.close();
  }, 120_000);
});

describe.runIf(canRun("tmux", "-V"))("the screen", () => {
  it("opens on the running core, and leaves it running", async () => {
    const tmux = await startTmux({ columns: 100, rows: 30, env: { SWITCHYARD_HOME: core.home, HOME: core.home } });
    await tmux.type(`clear; ${process.execPath} ${built.cli} tui; echo "exit $?"`);
    await tmux.until(/1 ?Traffic/);
    await tmux.keys("q");
    await tmux.until(/exit 0/);
    await tmux.close();
    expect(core.isAlive()).toBe(true);
  }, 120_000);
});

describe("what goes on until it is stopped", () => {
  /** Stops it at its first line, and hands back that line and its exit code. */
  async function stopped(...words: readonly string[]): Promise<{ readonly out: string; readonly code: number | null }> {
    const child = spawn(process.execPath, [built.cli, ...words], {
      env: { PATH: process.env["PATH"] ?? "", SWITCHYARD_HOME: core.home, HOME: core.home },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
    let out = "";
    const said = new Promise<void>((resolve) => {
      child.stdout.setEncoding("utf8").on("data", (text: string) => {
        out += text;
        resolve();
      });
    });
    await within("it to say something", Promise.race([said, ended]), 60_000);
    child.kill("SIGINT");
    return { code: await within("it to end", ended, 60_000), out };
  }

  it("is what has ended, line by line", async () => {
    expect((await typed({ line: "routes test local/m --yes", code: 0 })).code).toBe(0);
    expect(await stopped("flows", "tail", "-n", "1")).toEqual({
      code: 130,
      out: expect.stringMatching(/^#\d+ POST .*\/chat\/completions /),
    });
  }, 120_000);

  it("is a provider that plays a recording", async () => {
    const folder = tempFolder("recorded");
    const file = join(folder.path, "calls.jsonl");
    expect((await typed({ line: "routes test local/m --yes", code: 0 })).code).toBe(0);
    const id = (await core.flows()).findLast(({ model }) => model.asked !== null)?.id ?? "";
    expect((await typed({ line: `flows record ${id} -o ${file}`, code: 0 })).code).toBe(0);
    const served = await stopped("replay", "--serve", file);
    expect(served.out).toMatch(/http:\/\/127\.0\.0\.1:\d+/);
    expect([0, 130]).toContain(served.code);
    folder.close();
  }, 120_000);
});

describe("two cores for one home", () => {
  it("never are, however close together they start", async () => {
    const folder = tempFolder("race");
    const env = { PATH: process.env["PATH"] ?? "", SWITCHYARD_HOME: folder.path, HOME: folder.path };
    const starts = Array.from({ length: 3 }, () => {
      const child = spawn(process.execPath, [built.cli, "start", "--port", "0"], {
        env,
        stdio: ["ignore", "pipe", "pipe"],
      });
      let out = "";
      const said = new Promise<void>((resolve) => {
        child.stdout.setEncoding("utf8").on("data", (text: string) => {
          out += text;
          resolve();
        });
      });
      let err = "";
      child.stderr.setEncoding("utf8").on("data", (text: string) => (err += text));
      const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
      return { child, ended, first: Promise.race([said, ended]), out: () => out, err: () => err };
    });
    await within("all of them to say something", Promise.all(starts.map(({ first }) => first)), 60_000);
    const listening = starts.filter(({ out }) => out().startsWith("listening on "));
    expect(listening).toHaveLength(1);
    for (const one of starts.filter((each) => each !== listening[0])) {
      expect(await one.ended).toBe(4);
      expect(one.err()).toMatch(/a core of this home already (?:is starting|runs at)/);
    }
    listening[0]?.child.kill("SIGTERM");
    await listening[0]?.ended;
    folder.close();
  }, 120_000);

  it("are one for all who start it in the background at once", async () => {
    const folder = tempFolder("race");
    const start = (): Promise<Ran> =>
      run(process.execPath, [built.cli, "start", "-d", "--port", "0"], {
        env: { SWITCHYARD_HOME: folder.path, HOME: folder.path },
        timeoutMs: 90_000,
      });
    const ran = await Promise.all([start(), start(), start()]);
    expect(ran.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(new Set(ran.map(({ stdout }) => stdout)).size).toBe(1);
    await run(process.execPath, [built.cli, "stop"], { env: { SWITCHYARD_HOME: folder.path, HOME: folder.path } });
    folder.close();
  }, 120_000);
});

describe("a core in the foreground", () => {
  it("writes a line for each call when it is asked to", async () => {
    for (const [flag, wanted] of [
      ["-v", / node POST 127\.0\.0\.1\/v1\/chat\/completions /],
      ["--log-format=json", /"type":"flow"/],
    ] as const) {
      const folder = tempFolder("log");
      const env = { PATH: process.env["PATH"] ?? "", SWITCHYARD_HOME: folder.path, HOME: folder.path };
      const child = spawn(process.execPath, [built.cli, "start", "--port", "0", flag], {
        env,
        stdio: ["ignore", "pipe", "pipe"],
      });
      let err = "";
      child.stderr.setEncoding("utf8").on("data", (text: string) => (err += text));
      const listening = new Promise((resolve) => child.stdout.once("data", resolve));
      const url = /http:\S+/.exec(String(await within("it to listen", listening, 60_000)))?.[0] ?? "";
      const state: unknown = JSON.parse(readFileSync(join(folder.path, "state.json"), "utf8"));
      const headers = { authorization: `Bearer ${String(Object(state)["clientKey"])}` };
      const body = JSON.stringify({ model: "nobody/x", messages: [{ role: "user", content: "hi" }] });
      const call = (): Promise<Response> => fetch(`${url}/v1/chat/completions`, { method: "POST", headers, body });
      await call();
      // The core tells of flows ten times a second, and of what is left when it stops.
      expect(await waitFor("the line", () => wanted.test(err))).toBe(true);
      err = "";
      await call();
      const ended = new Promise((resolve) => child.once("close", resolve));
      child.kill("SIGTERM");
      await ended;
      expect(err).toMatch(wanted);
      folder.close();
    }
  }, 180_000);
});
